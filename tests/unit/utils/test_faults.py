"""What is logged of a failure."""

from __future__ import annotations

from utils.faults import log_fault, names


class Coded(Exception):
    code = "Odd"


def chain() -> BaseException:
    try:
        try:
            raise Coded("secret")
        except Coded as error:
            raise ValueError("secret") from error
    except ValueError as error:
        return error


def test_the_kinds_of_an_exception_and_its_causes_are_named_with_their_codes():
    assert names(chain()) == ["ValueError", "Coded Odd"]


def test_a_long_chain_is_cut():
    error: BaseException = ValueError()
    for _ in range(9):
        above = ValueError()
        above.__cause__, error = error, above
    assert len(names(error)) == 5


def test_the_line_says_where_and_not_what(caplog):
    log_fault(chain(), "r-1")
    [record] = caplog.records
    assert (record.getMessage(), record.apiRequestId) == ("request_failed", "r-1")
    assert record.stack[-1].endswith(" chain")
    assert "secret" not in str(vars(record))
