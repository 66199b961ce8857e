"""Mapping templates, after the Velocity user guide and API Gateway's mapping template reference."""

from __future__ import annotations

import pytest

from local.gateway.events import exchange
from local.gateway.mapping import render
from local.gateway.responses import Variables
from local.gateway.vtl.parser import compiled
from local.gateway.vtl.values import VtlError
from local.wire.messages import Request

SCOPE = {"name": "Ada", "n": 3, "no": None, "list": [1, 2], "map": {"a": {"b": "c"}}, "yes": True, "empty": ""}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain {text} $5 a#b #", "plain {text} $5 a#b #"),
        ("$name ${name}s $!name", "Ada Adas Ada"),
        ("$none ${none} $!none $!{none}|", "$none ${none}  |"),
        ("$map.a.b $map.a.none $list[1] $list[9] $map['a'].b", "c $map.a.none 2 $list[9] c"),
        ("#set($x = 1)$x", "1"),
        ("#set($x = 'a$name')$x #set($y = \"a$name\")$y", "a$name aAda"),
        ("#if($yes)a#end#if($no)b#end#if($empty)c#end", "a"),
        ("#if($n > 5)a#elseif($n == 3)b#else c#end", "b"),
        ("#if($no)a#{else}b#end", "b"),
        ("#if($yes && !$no || false)a#end", "a"),
        ("#foreach($i in [1..3])$i#if($foreach.hasNext),#end#end", "1,2,3"),
        ("#foreach($i in $list)$foreach.index:$i #end", "0:1 1:2 "),
        ("#foreach($e in $map.a.entrySet())$e.key=$e.value#end", "b=c"),
        ("#set($x = $n + 2 * 4)$x #set($y = (1 + 2) * 3)$y #set($z = 7 / 2)$z #set($m = 7 % 4)$m", "11 9 3 3"),
        ("#set($x = {'a': [1, {'b': 2}]})$x.a[1].b", "2"),
        ("#set($x = {})#set($x.a = 1)#set($d = $x.put('b', 2))$x.a$x.b $x.size()", "12 2"),
        ("a## gone\nb#* gone too *#c", "abc"),
        ("a#stop b", "a"),
        ("$name.toUpperCase() $name.length() $name.contains('d') $name.substring(1) $name.replaceAll('[A]', 'x')",
         "ADA 3 true da xda"),
        ("#if($name.equals('Ada'))same#end", "same"),
        ("$yes $list $map", "true [1, 2] {a={b=c}}"),
    ],
)  # fmt: skip
def test_templates(template, text):
    assert compiled(template)(dict(SCOPE)) == text


@pytest.mark.parametrize(
    "template",
    [
        "#if($a",
        "#if($a)b",
        "#end",
        "#else",
        "#set($a 3)",
        "${a",
        "#foreach($x of [1])#end",
        "#set($a = 'b)",
        "#set($a = )",
    ],
)
def test_what_is_no_template_is_refused(template):
    with pytest.raises(VtlError, match="mapping template, line 1:"):
        compiled(template)


def test_a_template_may_not_run_for_ever():
    with pytest.raises(VtlError):
        compiled("#foreach($i in [1..1000])#foreach($j in [1..1000])x#end#end")({})


def test_an_unknown_method_is_refused_when_it_is_called():
    with pytest.raises(VtlError, match="getClass"):
        compiled("$name.getClass()")(dict(SCOPE))


def rendered(template, body="", target="/things/7?q=1&q=2"):
    request = Request("POST", target, [("X-Head", "h")], body.encode(), "127.0.0.1")
    found = exchange(request, "Prod")
    found.path_parameters = {"id": "7"}
    return render(
        template, found, Variables(found, {"requestId": "r-1", "identity": {"sourceIp": "::1"}}, {"s": "v"}), body
    )


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("$input.params('id') $input.params('q') $input.params('x-head') [$input.params('none')]", "7 2 h []"),
        ("$input.params().querystring.q $input.params().path.id", "2 7"),
        ("$input.path('$.a.b') $input.path('$.list[1]') [$input.path('$.none')]", "c 2 []"),
        ("$input.json('$.a')", '{"b":"c"}'),
        ("$input.body", '{"a": {"b": "c"}, "list": [1, 2]}'),
        ("$context.requestId $context.identity.sourceIp $stageVariables.s", "r-1 ::1 v"),
        ("$util.escapeJavaScript('a\"b')", 'a\\"b'),
        ("$util.urlEncode('a b&') $util.urlDecode('a+b')", "a+b%26 a b"),
        ("$util.base64Encode('hi') $util.base64Decode('aGk=')", "aGk= hi"),
        ("#set($o = $util.parseJson('{\"a\": [5]}'))$o.a[0]", "5"),
    ],
)
def test_what_api_gateway_offers_to_templates(template, text):
    assert rendered(template, '{"a": {"b": "c"}, "list": [1, 2]}')[0] == text


def test_what_a_template_sets_in_the_context_is_given_back():
    assert rendered("#set($context.responseOverride.status = 201)")[1]["responseOverride"] == {"status": 201}


@pytest.mark.parametrize("template", ["$input.path('$..a')", "$input.json('a')", "$util.parseJson('{')"])
def test_what_is_not_supported_or_wrong_is_refused(template):
    with pytest.raises(VtlError):
        rendered(template, "{}")
