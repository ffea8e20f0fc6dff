"""``countersign``: the operator and its small tools."""

from __future__ import annotations

from countersign.cli import app


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
