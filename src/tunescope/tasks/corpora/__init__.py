"""The corpora that have a name: what there is, where it comes from, and whether it is here."""
