"""What the book reports and is too long for a page; ``python -m experiments`` lists it. `stn_lib` never imports it."""
