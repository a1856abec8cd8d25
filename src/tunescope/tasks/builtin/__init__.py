"""The small corpus that was written for this project, and what checks it."""
