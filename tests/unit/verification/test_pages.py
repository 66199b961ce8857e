"""The pages behind a link, in each language."""

from __future__ import annotations

import pytest

from verification.pages import ASK, DONE, GONE, page


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize(("kind", "status"), [(ASK, 200), (DONE, 200), (GONE, 410)])
def test_a_page_has_its_text_in_each_language(kind, status, language):
    made = page(kind, language)
    assert made.status == status
    assert f'<html lang="{language}">' in made.body
    assert "$" not in made.body


@pytest.mark.parametrize(("kind", "forms"), [(ASK, 1), (DONE, 0), (GONE, 0)])
def test_only_the_page_that_asks_has_a_button(kind, forms):
    assert page(kind, "en").body.count('<form method="post"><button>') == forms


def test_a_page_runs_no_script():
    assert "default-src 'none'" in page(ASK, "en").headers["Content-Security-Policy"]
