"""Measure the book's claims about speed."""
