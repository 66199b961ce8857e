"""Golden: a mock of an API whose binary media types are */* needs contentHandling: CONVERT_TO_TEXT.

Source: AWS documentation, "Content type conversions in API Gateway",
/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html, and re:Post, "How do I turn on CORS on
API Gateway with binary media types set to */*?".
"""

from __future__ import annotations

TEMPLATE = "binary"


def test_with_it_a_preflight_is_answered(api):
    assert api.send("OPTIONS", "/text").status == 204


def test_without_it_the_template_cannot_be_applied(api):
    assert api.send("OPTIONS", "/binary").status == 500
