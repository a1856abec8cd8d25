"""Where the corpora of the paper come from: pinned addresses, checksums, licences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tunescope.tasks.readers.files import git_blob_id, sha256


@dataclass(frozen=True)
class CorpusFile:
    """A file of a corpus.

    Parameters
    ----------
    split : what the corpus uses it for; ``"all"`` if it is one file.
    path : below the source's address.
    digest : ``git:`` and a git blob id, or ``sha256:`` and a checksum, of the published bytes.
    """

    split: str
    path: str
    digest: str

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return self.path.rpartition("/")[2]

    def matches(self, content: bytes) -> bool:
        """Tell if these are the published bytes."""
        return self.digest_of(content) == self.digest

    def digest_of(self, content: bytes) -> str:
        """Compute the id of some bytes in the same kind as :attr:`digest`."""
        kind = self.digest.partition(":")[0]
        return f"{kind}:{git_blob_id(content) if kind == 'git' else sha256(content)}"


@dataclass(frozen=True)
class Corpus:
    """A corpus at one version.

    Parameters
    ----------
    name : of the folder that its files are kept in.
    title : for people.
    page : where it is described.
    base : the address that the files' paths hang below.
    licence : as its authors state it.
    files : what is downloaded.
    """

    name: str
    title: str
    page: str
    base: str
    licence: str
    files: tuple[CorpusFile, ...]

    def url(self, file: CorpusFile, base: str | None = None) -> str:
        """Return the address of a file, below another base if one is given."""
        return f"{(base or self.base).rstrip('/')}/{file.path}"


_GITHUB = "https://raw.githubusercontent.com"

CORPORA: Final[Mapping[str, Corpus]] = {
    source.name: source
    for source in (
        Corpus(
            name="ud-english-pud-2.7",
            title="UD English-PUD 2.7",
            page="https://github.com/UniversalDependencies/UD_English-PUD",
            base=f"{_GITHUB}/UniversalDependencies/UD_English-PUD/"
            "7053a1a6db2bd025a0d802abe22576df189cd465",
            licence="CC BY-SA 3.0",
            files=(
                CorpusFile(
                    "all", "en_pud-ud-test.conllu", "git:247242b138048db7f37e1215a4aea519477c0f92"
                ),
            ),
        ),
        Corpus(
            name="streusle-4.2",
            title="STREUSLE 4.2",
            page="https://github.com/nert-nlp/streusle",
            base=f"{_GITHUB}/nert-nlp/streusle/26e5eaa4000072c2c47bef03ea3926511231184f",
            licence="CC BY-SA 4.0",
            files=(
                CorpusFile(
                    "train",
                    "train/streusle.ud_train.conllulex",
                    "git:6cdf48613be30aa25805b3fcc6412d54758a2ab1",
                ),
                CorpusFile(
                    "dev",
                    "dev/streusle.ud_dev.conllulex",
                    "git:21c90917d5988c8ad17e688da2329ff4b6daab3a",
                ),
                CorpusFile(
                    "test",
                    "test/streusle.ud_test.conllulex",
                    "git:6dedd2acd00090c8743b47fbacc5d145f352f1a1",
                ),
            ),
        ),
        Corpus(
            name="trec",
            title="TREC questions of Li and Roth (2002)",
            page="https://cogcomp.seas.upenn.edu/Data/QA/QC/",
            base="https://cogcomp.seas.upenn.edu/Data/QA/QC",
            licence="not stated by its authors",
            files=(
                CorpusFile(
                    "train",
                    "train_5500.label",
                    "sha256:9e4c8bdcaffb96ed61041bd64b564183d52793a8e91d84fc3a8646885f466ec3",
                ),
                CorpusFile(
                    "test",
                    "TREC_10.label",
                    "sha256:033f22c028c2bbba9ca682f68ffe204dc1aa6e1cf35dd6207f2d4ca67f0d0e8e",
                ),
            ),
        ),
    )
}
