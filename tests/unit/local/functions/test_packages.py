"""The packages of a function: installed as `sam build` does, and found by its imports."""

from __future__ import annotations

import threading
import zipfile

import pytest

from local.functions import isolation, packages
from local.template.source import Source, TemplateError, read_template
from tools.packages import one_line

pytestmark = pytest.mark.slow

TEMPLATE = """\
Resources:
  Job:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: app.lambda_handler
      Code: code
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A template with one function, and a place for its packages."""
    monkeypatch.setattr(isolation, "PACKAGES", tmp_path / "packages")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "code").mkdir()
    return tmp_path


def wheel(folder, name, source, version="1.0"):
    """A package in a file, so that no test needs a network."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", source)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path.name


def folders(project, resources=None) -> tuple:
    source = read_template(project / "template.yaml")
    return packages.folders(source, resources or source.tree["Resources"], "Job", project / "code")


def inside(folder, paths, work):
    """The result of work in a thread with a sandbox."""
    found = []

    def run():
        isolation.enter(isolation.Sandbox(folder, {}, paths))
        found.append(work())

    isolation.install()
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(20)
    finally:
        isolation.uninstall()
    return found[0]


def test_a_function_finds_the_packages_of_its_requirements(project):
    (project / "code" / "requirements.txt").write_text(f"./{wheel(project / 'code', 'curious', 'WORD = 7')}\n")
    paths = folders(project)
    assert inside(project / "code", paths, lambda: __import__("curious").WORD) == 7
    with pytest.raises(ImportError):
        __import__("curious")  # nobody else does


def test_a_function_finds_the_metadata_of_its_packages(project):
    from importlib.metadata import version

    (project / "code" / "requirements.txt").write_text(f"./{wheel(project / 'code', 'curious', '', '3.2')}\n")
    assert inside(project / "code", folders(project), lambda: version("curious")) == "3.2"


def test_two_functions_have_two_versions_of_a_package(project):
    found = []
    for version in ("1.0", "2.0"):
        code = project / f"code{version}"
        code.mkdir()
        (code / "requirements.txt").write_text(f"./{wheel(code, 'curious', f'V = {version}', version)}\n")
        source = read_template(project / "template.yaml")
        paths = packages.folders(source, source.tree["Resources"], "Job", code)
        found.append(inside(code, paths, lambda: __import__("curious").V))
    assert found == [1.0, 2.0]


def test_environments_share_the_modules_of_their_packages(project):
    """A C module loads once in a process."""
    (project / "code" / "requirements.txt").write_text(f"./{wheel(project / 'code', 'curious', 'THINGS = []')}\n")
    paths = folders(project)
    first, second = (inside(project / "code", paths, lambda: __import__("curious").THINGS) for _ in range(2))
    assert first is second


def test_packages_are_installed_once(project):
    (project / "code" / "requirements.txt").write_text(f"./{wheel(project / 'code', 'curious', '')}\n")
    first = folders(project)
    stamp = first[0].stat().st_mtime_ns
    assert folders(project) == first
    assert first[0].stat().st_mtime_ns == stamp


def test_a_change_of_the_requirements_is_noticed(project):
    requirements = project / "code" / "requirements.txt"
    requirements.write_text("# nothing yet, but\n" + f"./{wheel(project / 'code', 'curious', '')}\n")
    source = read_template(project / "template.yaml")
    packages.folders(source, source.tree["Resources"], "Job", project / "code")
    assert source.texts[requirements] == requirements.read_text()


@pytest.mark.parametrize("text", [None, "", "# only a comment\n\n"])
def test_without_requirements_nothing_is_installed(project, text):
    if text is not None:
        (project / "code" / "requirements.txt").write_text(text)
    assert folders(project) == ()


def test_what_cannot_be_installed_stops_with_one_sentence_and_its_line(project):
    (project / "code" / "requirements.txt").write_text("./none-1.0-py3-none-any.whl\n")
    with pytest.raises(TemplateError, match=r"^template\.yaml:2: the packages of \S+ cannot be installed: .*none") as e:
        folders(project)
    assert "\n" not in str(e.value)
    assert not list((project / "packages").glob("*-*"))  # no unfinished folder is left


def test_a_message_of_uv_becomes_one_line():
    assert one_line("  × No solution found:\n  ╰─▶ Because a was not\n      found\n") == (
        "No solution found: Because a was not found"
    )


def layered(content, **more):
    """Resources with a layer of the template."""
    arn = "arn:aws:lambda:us-east-1:000000000000:layer:words:1"
    job = {"Type": "AWS::Lambda::Function", "Properties": {"Layers": [arn]}}
    properties = {"LayerName": "words", "Content": {"S3Bucket": "local", "S3Key": content}}
    return {"Job": job, "Words": {"Type": "AWS::Lambda::LayerVersion", "Properties": properties, **more}}


def test_a_layer_puts_its_python_folder_on_the_path(project):
    (project / "layer" / "python").mkdir(parents=True)
    assert folders(project, layered("layer")) == (project / "layer" / "python",)


def test_a_layer_that_sam_builds_has_its_modules_and_its_packages(project):
    (project / "layer").mkdir()
    (project / "layer" / "requirements.txt").write_text(f"./{wheel(project / 'layer', 'curious', '')}\n")
    own, installed = folders(project, layered("layer", Metadata={"BuildMethod": "python3.13"}))
    assert own == project / "layer"
    assert (installed / "curious").is_dir()


def test_a_layer_that_is_not_there_is_named_with_its_line(project):
    with pytest.raises(TemplateError, match=r"template\.yaml:\d+: the content of the layer Words is not a folder"):
        folders(project, layered("nowhere"))


def test_code_that_make_builds_is_refused(project):
    resources = {"Job": {"Type": "AWS::Lambda::Function", "Metadata": {"BuildMethod": "makefile"}}}
    with pytest.raises(TemplateError, match="Job is built by makefile; the local host builds Python only"):
        folders(project, resources)


def powertools(project):
    arn = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-x86_64:7"
    resources = {"Job": {"Type": "AWS::Lambda::Function", "Properties": {"Layers": [arn]}}}
    packages.require_package(Source(project / "template.yaml"), "Job", arn, project / "code", known=())
    return resources


def test_a_public_layer_is_no_matter_where_its_package_is_required(project):
    (project / "code" / "requirements.txt").write_text("AWS_Lambda_Powertools[all]==3\n")
    powertools(project)


def test_a_public_layer_without_its_package_stops(project):
    with pytest.raises(TemplateError, match="write aws-lambda-powertools into"):
        powertools(project)
