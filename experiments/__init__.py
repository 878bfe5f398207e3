"""What the book reports and is too long for a page: each experiment runs, resumes and writes its record in `results/`."""
