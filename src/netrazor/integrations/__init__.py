"""Front doors for other libraries: each module needs the library that it is for, and all of them reuse `certify`."""

__all__: list[str] = []
