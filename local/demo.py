"""`make demo`: fill the running local server with some dozens of invented people. Twice is harmless.

    python -m local.demo        PORT=3000

With sign-in it asks for a token itself, and disables some of the people. With API keys, name one in API_KEY.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from typing import Any

from local.stack.calls import CallError
from local.token import TokenError, token

# Nobody of them exists. The domains are those that nobody can own.
PEOPLE = (
    ("Amara Okonkwo", "amara.okonkwo@example.com", 34),
    ("Łukasz Wiśniewski", "lukasz.wisniewski@example.org", 41),
    ("李小梅", "li.xiaomei@example.com", 29),
    ("Sofía Hernández Ruiz", "sofia.hernandez@example.net", 37),
    ("Олена Шевчук", "olena.shevchuk@example.org", 45),
    ("佐藤 健一", "kenichi.sato@example.com", 52),
    ("Αθηνά Παπαδοπούλου", "athina.p@example.net", 31),
    ("فاطمة الزهراء بناني", "fatima.bennani@example.com", 27),
    ("Björn Åkesson", "bjorn.akesson@example.org", 63),
    ("김민지", "minji.kim@example.com", 24),
    ("Priya Raghunathan", "priya.r@example.net", 38),
    ("יעל כהן", "yael.cohen@example.org", 33),
    ("Jean-Luc Mbeki-Dubois", "jl.mbeki@example.com", 48),
    ("Nguyễn Thị Hoa", "hoa.nguyen@example.net", 26),
    ("สมชาย ใจดี", "somchai.jaidee@example.org", 55),
    ("Siobhán O'Connell", "siobhan@example.com", 30),
    ("Marek Dvořák", "marek.dvorak@example.net", 44),
    ("देवी शर्मा", "devi.sharma@example.org", 39),
    ("Ximena Quispe", "ximena.quispe@example.com", None),
    ("Giorgi Beridze", "giorgi@example.net", 36),
    ("გიორგი მაისურაძე", "g.maisuradze@example.org", 58),
    ("Leilani Kahananui", "leilani.k@example.com", 22),
    ("Ahmet Yılmaz", "ahmet.yilmaz@example.net", 47),
    ("Zanele Dlamini", "zanele@example.org", 35),
    ("Þórdís Jónsdóttir", "thordis@example.com", 61),
    ("Émile Lefèvre", "emile.lefevre@example.net", 70),
    ("Մարիամ Սարգսյան", "mariam.s@example.org", 28),
    ("Mateus Gonçalves", "mateus.g@example.com", None),
    ("তানভীর রহমান", "tanvir.rahman@example.net", 32),
    ("Ingrid van der Meer", "ingrid.vandermeer@example.org", 50),
    ("Tāwhiri Parata", "tawhiri@example.com", 43),
    ("陳怡君", "yichun.chen@example.net", 25),
    ("Bogdan Țurcanu", "bogdan.turcanu@example.org", 40),
    ("சரண்யா முருகன்", "saranya.m@example.com", 29),
    ("Ruth Abernathy-Stone", "ruth.abernathy@example.net", 81),
    ("Kwabena Asante", "kwabena.asante@example.org", 19),
)
DISABLED = ("giorgi@example.net", "siobhan@example.com", "ahmet.yilmaz@example.net")  # where there is sign-in
FOUND = 409  # the email is there already
SECONDS = 30


class DemoError(Exception):
    """Why nobody was created, as one sentence."""


def main() -> int:
    """Create the people; the exit status."""
    url = f"http://localhost:{os.environ.get('PORT') or '3000'}"
    try:
        made, disabled = fill(url, access(url, os.environ.get("API_KEY", "")))
    except (DemoError, TokenError, CallError) as error:
        print(f"make demo: {error}", file=sys.stderr)
        return 1
    said = f", {disabled} of them disabled" if disabled else ""
    print(f"demo: {made} people created, {len(PEOPLE) - made} were there{said}; look at {url}/console")
    return 0


def access(url: str, key: str) -> dict[str, str]:
    """The headers that let us in. Raises DemoError, TokenError, CallError."""
    status, _ = ask(url, "GET", "/sign-in.json", {})
    headers = {"X-Api-Key": key} if key else {}
    return {**headers, "Authorization": f"Bearer {token(url, 'admin')}"} if status == 200 else headers


def fill(url: str, headers: dict[str, str]) -> tuple[int, int]:
    """Create those who are not there, and disable some where that can be done; how many. Raises DemoError."""
    made = disabled = 0
    for name, email, age in PEOPLE:
        person = {"name": name, "email": email} | ({} if age is None else {"age": age})
        status, answer = ask(url, "POST", "/users", headers, person)
        if status not in (201, FOUND):
            raise DemoError(f"the server answers {status}: {answer.get('detail')} With API keys: API_KEY=... make demo")
        made += status == 201
        if status == 201 and email in DISABLED and "Authorization" in headers:
            disabled += ask(url, "POST", f"/admin/users/{answer['userId']}/disable", headers)[0] == 200
    return made, disabled


def ask(url: str, method: str, path: str, headers: dict[str, str], body: Any = None) -> tuple[int, dict[str, Any]]:
    """Status and JSON of a response. Raises DemoError if there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json", **headers}, method=method)  # noqa: S310 - ours
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=SECONDS) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, said(error.read())
    except OSError:
        raise DemoError(f"nothing answers at {url}; start `make run`, or name its port with PORT") from None


def said(body: bytes) -> dict[str, Any]:
    """The problem in a body; nothing if it is not JSON."""
    try:
        return dict(json.loads(body))
    except ValueError:
        return {}


if __name__ == "__main__":
    sys.exit(main())
