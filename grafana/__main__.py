"""`python -m grafana`: write every dashboard anew."""

from __future__ import annotations

from grafana.files import write

if __name__ == "__main__":
    write()
