"""Pictures made of real files, and files that are refused."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib

import pytest
from PIL import Image, ImageCms

from adapters.imaging import MOST_PIXELS, Refused, rendered
from tests.support.pictures import picture, read, written

SIZES = (128, 512)


def chunks(webp):
    """The names of the chunks of a WebP file."""
    found, at = [], 12
    while at < len(webp):
        found.append(webp[at : at + 4])
        at += 8 + (size := int.from_bytes(webp[at + 4 : at + 8], "little")) + size % 2
    return found


def four_corners(width=400, height=300):
    """Red, green; blue, white."""
    image = Image.new("RGB", (width, height), "white")
    for color, box in (("red", (0, 0)), ("lime", (width // 2, 0)), ("blue", (0, height // 2))):
        image.paste(color, (*box, box[0] + width // 2, box[1] + height // 2))
    return image


def corners(image):
    last = image.width - 10
    spots = [(10, 10), (last, 10), (10, last), (last, last)]
    pixels = [image.convert("RGB").getpixel(spot) for spot in spots]
    return ["".join(letter for letter, value in zip("rgb", pixel, strict=True) if value > 128) for pixel in pixels]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_a_square_in_each_size(kind):
    made = rendered(written(four_corners(), kind), SIZES)
    for size in SIZES:
        assert (read(made[size]).format, read(made[size]).size) == ("WEBP", (size, size))
        assert corners(read(made[size])) == ["r", "g", "b", "rgb"]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK", "YCbCr"])
def test_each_kind_of_pixels_is_shown(mode):
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    assert read(rendered(written(Image.new(mode, (50, 40)), kind), SIZES)[128]).size == (128, 128)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 4)])
def test_each_shape_is_shown(size):
    assert read(rendered(picture(kind="PNG", size=size), SIZES)[512]).size == (512, 512)


def test_what_is_transparent_stays_so():
    made = rendered(written(Image.new("RGBA", (200, 200), (255, 0, 0, 0)), "PNG"), SIZES)
    assert read(made[128]).getpixel((64, 64))[3] == 0


ORIENTATIONS = {
    1: "r g b rgb",
    2: "g r rgb b",
    3: "rgb b g r",
    4: "b rgb r g",
    5: "r b g rgb",
    6: "b r rgb g",
    7: "rgb g b r",
    8: "g rgb r b",
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_picture_is_upright(orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = rendered(written(four_corners(), kind, exif=exif), SIZES)
    assert corners(read(made[512])) == ORIENTATIONS[orientation].split()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_the_metadata_is_left(kind):
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "SECRET-DESCRIPTION", 6
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)  # GPS
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = written(four_corners(), kind, exif=exif, icc_profile=profile, xmp=b"<x>SECRET-XMP</x>")
    assert b"SECRET" in content
    for made in rendered(content, SIZES).values():
        assert set(chunks(made)) <= {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}
        assert b"SECRET" not in made


def test_the_same_upload_makes_the_same_bytes():
    assert rendered(picture(), SIZES) == rendered(picture(), SIZES)


def png(width, height, *more):
    """A PNG whose header says this size, and whatever follows."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), *more, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("run.class", b"code")
    return file.getvalue()


def animation(kind):
    frames = [Image.new("RGB", (50, 50), color) for color in ("red", "blue")]
    return written(frames[0], kind, save_all=True, append_images=frames[1:])


def many_scans():
    """A progressive JPEG with one of its scans repeated."""
    content = written(four_corners(64, 64), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * 200 + content[-2:]


NOT_PICTURES = {
    "nothing": b"",
    "text": b"hello",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<html><script>alert(1)</script></html>",
    "gif": picture(kind="GIF"),
    "animated gif": animation("GIF"),
    "bmp": picture(kind="BMP"),
    "tiff": picture(kind="TIFF"),
    "icon": picture(kind="ICO", size=(32, 32)),
    "pdf": picture(kind="PDF"),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "animated png": animation("PNG"),
    "animated webp": animation("WEBP"),
    "jpeg cut": picture()[:-100],
    "jpeg without an end": picture()[:-2],
    "png cut": picture(kind="PNG")[:-20],
    "webp cut": picture(kind="WEBP")[:-5],
    "only a header": b"\xff\xd8\xff\xe0",
    "jpeg and zip": picture() + archive(),
    "png and zip": picture(kind="PNG") + archive(),
    "pdf in a comment": written(four_corners(), "JPEG", comment=b"%PDF-1.4"),
    "png and html": picture(kind="PNG") + b"<script>alert(1)</script>",
    "webp and html": picture(kind="WEBP") + b"<script>alert(1)</script>",
    "many pixels": png(5001, 5000, (b"IDAT", zlib.compress(b"\0" * 100))),
    "bomb": png(2**31 - 1, 2**31 - 1, (b"IDAT", zlib.compress(b"\0" * 100))),
    "text bomb": png(
        9, 9, (b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 200_000_000)), (b"IDAT", zlib.compress(b"\0" * 252))
    ),
    "profile bomb": png(9, 9, (b"iCCP", b"a\0\0" + zlib.compress(b"\0" * 200_000_000)), (b"IDAT", b"x")),
    "no pixels": png(9, 9, (b"IDAT", zlib.compress(b""))),
    "no size": png(0, 0, (b"IDAT", zlib.compress(b""))),
    "many scans": many_scans(),
}


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_what_is_no_picture_is_refused(name):
    with pytest.raises(Refused):
        rendered(NOT_PICTURES[name], SIZES)


def test_the_pixels_are_counted_before_they_are_decoded():
    with pytest.raises(Refused, match="too_many_pixels"):
        rendered(NOT_PICTURES["many pixels"], SIZES)
    assert 5001 * 5000 > MOST_PIXELS >= 5000 * 5000


def test_a_file_that_is_damaged_anywhere_is_a_picture_or_refused():
    whole = bytearray(written(four_corners(40, 30), "PNG"))
    for kind in ("PNG", "JPEG", "WEBP"):
        whole = bytearray(written(four_corners(40, 30), kind))
        for at in range(0, len(whole), 3):
            damaged = bytes(whole[:at]) + bytes([whole[at] ^ 0xFF]) + bytes(whole[at + 1 :])
            with contextlib.suppress(Refused):
                rendered(damaged, (16,))


def profiled(profile, mode="RGB"):
    """A red picture with a profile, as it is shown."""
    upload = io.BytesIO()
    Image.new(mode, (64, 64), "red").save(upload, "PNG", icc_profile=profile)
    shown = Image.open(io.BytesIO(rendered(upload.getvalue(), (64,))[64]))
    return shown.convert("RGB").getpixel((32, 32))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_colors_of_a_profile_are_shown_without_it(mode):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A profile whose red is blue: the names of two of its columns are exchanged.
    other = srgb.replace(b"rXYZ", b"....", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"....", b"bXYZ", 1)
    red, _, blue = profiled(srgb, mode)
    assert red > 230 > 30 > blue
    red, _, blue = profiled(other, mode)
    assert blue > 230 > 30 > red


@pytest.mark.parametrize("profile", [b"no profile", b"\x00" * 128])
def test_a_profile_that_cannot_be_read_changes_nothing(profile):
    assert profiled(profile)[0] > 230
