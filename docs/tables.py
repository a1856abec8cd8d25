"""Write docs/reference/tables.md from the schema of a run's tables."""

from pathlib import Path

from tunescope.tables.manual import manual

if __name__ == "__main__":
    page = Path(__file__).parent / "reference" / "tables.md"
    page.write_text(manual(), encoding="utf-8")
