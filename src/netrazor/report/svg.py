"""An SVG picture of matplotlib, made part of a page: ids of its own, the page's colours and fonts."""

from collections.abc import Iterator
from xml.etree import ElementTree

from netrazor.report.theme import FONTS, LIGHT, variables

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_HREF = f"{{{XLINK}}}href"
_VARIABLES = {colour: f"var(--{name})" for name, colour in LIGHT.items()}
# Characters that no XML file may hold; they can only come from names that users gave.
_NOT_XML = dict.fromkeys([*set(range(32)) - {9, 10, 13}, 0xFFFE, 0xFFFF], "\ufffd")

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def themed(drawn: bytes, name: str, **attributes: str) -> ElementTree.Element:
    """The root of a picture drawn in the light colours, with CSS variables in their place.

    Args:
        drawn: the file that matplotlib wrote.
        name: begins every id, so that several pictures can stand in one page.
        attributes: of the root, in place of its width and height.
    """
    root = ElementTree.fromstring(drawn.decode().translate(_NOT_XML))
    for element in root.iter():
        _rename(element, name)
        if "style" in element.attrib:
            element.set("style", "; ".join(_declarations(element.attrib["style"])))
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.attrib.update(attributes)
    return root


def add_ground(root: ElementTree.Element) -> None:
    """Give the picture a ground and colours of its own, light or dark by the reader's preference."""
    style = ElementTree.Element(f"{{{SVG}}}style")
    style.text = (
        f":root {{ {variables(dark=False)} }} "
        f"@media (prefers-color-scheme: dark) {{ :root {{ {variables(dark=True)} }} }}"
    )
    ground = {"width": "100%", "height": "100%", "fill": "var(--paper)"}
    root.insert(0, style)
    root.insert(1, ElementTree.Element(f"{{{SVG}}}rect", ground))


def text(root: ElementTree.Element) -> str:
    """The element as text."""
    return ElementTree.tostring(root, encoding="unicode")


def _rename(element: ElementTree.Element, name: str) -> None:
    """Begin the element's id, and what it refers to, with ``name``."""
    for key, value in element.attrib.items():
        if key == "id":
            element.set(key, f"{name}-{value}")
        elif key == _HREF:
            element.set(key, f"#{name}-{value.removeprefix('#')}")
        elif value.startswith("url(#"):
            element.set(key, f"url(#{name}-{value.removeprefix('url(#')}")


def _declarations(style: str) -> Iterator[str]:
    """The CSS declarations of a style attribute, with variables for colours and the page's fonts."""
    for declaration in filter(None, map(str.strip, style.split(";"))):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font-family":
            value = FONTS
        elif key == "font":  # as some versions of matplotlib write: size, then families
            value = f"{value.partition('px ')[0]}px {FONTS}"
        yield f"{key}: {_VARIABLES.get(value, value)}"
