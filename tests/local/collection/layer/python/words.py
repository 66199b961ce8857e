"""A module of a layer."""

WORD = "layered"
