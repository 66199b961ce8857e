"""The rows of an upload: what spreadsheets write, and what is refused."""

from __future__ import annotations

import io

import pytest

from transfers.rows import LONGEST_LINE, BadUpload, rows_of


def csv_rows(text: str | bytes, charset: str = "utf-8"):
    content = text if isinstance(text, bytes) else text.encode()
    return list(rows_of(io.BytesIO(content), "csv", charset))


def ndjson_rows(content: bytes):
    return list(rows_of(io.BytesIO(content), "ndjson", "utf-8"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_every_delimiter_of_a_spreadsheet_is_found(delimiter, end):
    text = end.join(
        delimiter.join(cells) for cells in (("name", "email", "age"), ("A", "a@b.c", "7"), ("B", "b@b.c", ""))
    )
    assert csv_rows(text) == [
        (2, {"name": "A", "email": "a@b.c", "age": 7}),
        (3, {"name": "B", "email": "b@b.c"}),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_says_the_charset(encoding):
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    text = f"{mark}name,email\r\nJörg,j@b.c\r\n"
    for charset in ("utf-8", "windows-1252"):
        assert csv_rows(text.encode(encoding), charset) == [(2, {"name": "Jörg", "email": "j@b.c"})]


def test_without_a_mark_the_charset_is_the_named_one():
    content = "name,email\r\nJörg €,j@b.c\r\n".encode("cp1252")
    assert csv_rows(content, "windows-1252") == [(2, {"name": "Jörg €", "email": "j@b.c"})]
    with pytest.raises(BadUpload, match="invalid_charset"):
        csv_rows(content)


def test_a_row_may_have_line_breaks_between_quotes():
    assert csv_rows('name,email\r\n"a\r\nb\nc ""d""",x@b.c\r\n,y@b.c\r\n') == [
        (2, {"name": 'a\r\nb\nc "d"', "email": "x@b.c"}),
        (3, {"email": "y@b.c"}),
    ]


def test_the_line_that_names_the_delimiter_is_read():
    assert csv_rows("sep=;\r\nname;email\r\na,b;x@b.c\r\n") == [(3, {"name": "a,b", "email": "x@b.c"})]


def test_an_empty_row_is_left_out_and_counted():
    assert [number for number, _ in csv_rows("name,email\r\nA,a@b.c\r\n,\r\n\r\nB,b@b.c")] == [2, 5]


def test_a_row_with_more_cells_than_columns_is_told_alone():
    assert csv_rows("name,email\nA,a@b.c,x\nB,b@b.c,\n") == [(2, None), (3, {"name": "B", "email": "b@b.c"})]


def test_lines_of_ndjson_have_their_numbers():
    assert ndjson_rows(b'\xef\xbb\xbf{"a": 1}\r\n\n  \n{') == [(1, '{"a": 1}'), (4, "{")]


def test_a_line_that_is_too_long_is_told_alone():
    assert ndjson_rows(b"1\n" + b"x" * (3 * LONGEST_LINE) + b"\n2\n" + b"y" * LONGEST_LINE) == [
        *((1, "1"), (2, None), (3, "2"), (4, None))
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name;email;color\na;b;c\n", "invalid_header"),
        ("name\nA\n", "invalid_header"),
        ("name,email,name\nA,B,C\n", "invalid_header"),
        ("name,email,\nA,B,C\n", "invalid_header"),
        ("", "invalid_header"),
        ('name,email\n"A"B,c\n', "invalid_csv"),
        ('name,email\n"A,c\nB,d\n', "invalid_csv"),
        ("name,email\nA\0,c\n", "invalid_charset"),
        ("\0\n", "invalid_charset"),
    ],
)
def test_what_is_no_csv_is_refused(text, code):
    with pytest.raises(BadUpload) as refused:
        csv_rows(text)
    assert refused.value.code == code
