"""Write docs/tables.md from the schema of a run's tables."""

from pathlib import Path

from tunescope.tables.manual import manual

if __name__ == "__main__":
    (Path(__file__).parent / "tables.md").write_text(manual(), encoding="utf-8")
