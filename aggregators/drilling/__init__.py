"""Drilling: the conversations that a number is made of, and the number again, made of them alone.

Nothing is typed by hand: a metric is read once by somebody who notes which measures it asks for (`reads`), a sample is
a member where it adds to any of them (`members`), and `Metric.read` makes the number of what the members add.
"""

from __future__ import annotations

from aggregators.drilling.gathering import Index, Pool, Where, gather
from aggregators.drilling.members import Drilled, Member, NotDrilled, chosen, drill

__all__ = ["Drilled", "Index", "Member", "NotDrilled", "Pool", "Where", "chosen", "drill", "gather"]
