"""A believable, seeded support centre: the same seed and span give the same bytes."""

from stream.simulator.centre import Centre
from stream.simulator.events import Event, Lane
from stream.simulator.incidents import Spike
from stream.simulator.road import Arrival, Road

__all__ = ["Arrival", "Centre", "Event", "Lane", "Road", "Spike"]
