"""One module a question: from representations to tables."""
