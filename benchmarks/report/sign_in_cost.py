"""What Cognito charges for people and programs, in US dollars a month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PEOPLE = (10_000, 50_000, 100_000)
# Each plan of Cognito, and whether some of its people are free.
PLANS = {"Lite": True, "Essentials": True, "Plus": False}


def dollars(book: Mapping[str, Any], plan: str, people: int) -> float:
    """A month in which so many people are active."""
    free = book["assumptions"]["free_people"] if PLANS[plan] else 0
    return max(0, people - free) * float(book["prices"][f"person_{plan.lower()}"]["each"])


def rows(book: Mapping[str, Any]) -> list[list[str]]:
    """A line for each number of people."""
    head = ["people active in a month", *PLANS]
    return [head, *([f"{people:,}", *(f"{dollars(book, plan, people):,.0f}" for plan in PLANS)] for people in PEOPLE)]


def tokens(book: Mapping[str, Any]) -> int:
    """How many tokens a program gets in a month that uses each until it expires."""
    assumed = book["assumptions"]
    return int(assumed["minutes_a_month"] / assumed["token_minutes"])


def of_a_program(book: Mapping[str, Any]) -> float:
    """A month of such a program."""
    price = book["prices"]
    return float(price["program_client"]["each"] + tokens(book) * price["program_token"]["each"])
