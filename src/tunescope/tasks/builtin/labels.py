"""The label schemes that the built-in corpus uses: TREC questions and UD for English."""

from __future__ import annotations

from typing import Final

_FINE = {
    "ABBR": "abb exp",
    "DESC": "def desc manner reason",
    "ENTY": "animal body color cremat currency dismed event food instru lang letter other plant "
    "product religion sport substance symbol techmeth termeq veh word",
    "HUM": "desc gr ind title",
    "LOC": "city country mount other state",
    "NUM": "code count date dist money ord other perc period speed temp volsize weight",
}

TREC_LABELS: Final = frozenset(
    f"{coarse}:{fine}" for coarse, fines in _FINE.items() for fine in fines.split()
)
"""The 50 labels of Li and Roth (2002), *Learning Question Classifiers*."""

_UPOS = """ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"""

UPOS: Final = frozenset(_UPOS.split())
"""The 17 universal parts of speech."""

_UNIVERSAL = """acl advcl advmod amod appos aux case cc ccomp clf compound conj cop csubj dep det
discourse dislocated expl fixed flat goeswith iobj list mark nmod nsubj nummod obj obl orphan
parataxis punct reparandum root vocative xcomp"""

_ENGLISH_SUBTYPES = """acl:relcl advcl:relcl aux:pass cc:preconj compound:prt csubj:outer
csubj:pass det:predet flat:foreign nmod:desc nmod:npmod nmod:poss nmod:tmod nmod:unmarked
nsubj:outer nsubj:pass obl:agent obl:npmod obl:tmod obl:unmarked"""

RELATIONS: Final = frozenset(_UNIVERSAL.split()) | frozenset(_ENGLISH_SUBTYPES.split())
"""The 37 universal relations and the subtypes that English treebanks use."""
