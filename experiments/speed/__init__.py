"""What the book claims about speed."""
