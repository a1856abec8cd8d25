"""Readers: from files and datasets to drafts of tasks, and nothing further."""
