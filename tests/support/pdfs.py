"""Small PDF files, written as the standard has them (ISO 32000-1, 7.5), so that a test knows what is in them."""

from __future__ import annotations

import io

from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject


def pdf(*pages: str) -> bytes:
    """One page for each text; a line of it is a line there, an empty text a page with nothing on it."""
    kids = " ".join(f"{3 + 2 * at} 0 R" for at in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    for at, text in enumerate(pages):
        font = "<< /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {4 + 2 * at} 0 R "
            f"/Resources << /Font {font} >> >>"
        )
        drawn = _drawn(text)
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    return _file(objects)


def locked(body: bytes, password: str) -> bytes:
    """`body` encrypted so that `password` opens it; an empty one opens by itself."""
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(body)))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def packed(body: bytes, size: int) -> bytes:
    """`body` with a packed stream of `size` blanks in the place of what its first page draws."""
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(body)))
    drawn = DecodedStreamObject()
    drawn.set_data(b" " * size)
    writer.pages[0][NameObject("/Contents")] = writer._add_object(drawn.flate_encode())  # pyright: ignore[reportPrivateUsage]
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _drawn(text: str) -> str:
    lines = "".join(f"({line}) Tj 0 -14 Td " for line in text.splitlines())
    return f"BT /F1 12 Tf 72 720 Td {lines}ET" if text else ""


def _file(objects: list[str]) -> bytes:
    body, places = b"%PDF-1.7\n", list[int]()
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{table}"
    return body + f"{end}trailer\n<< /Size {len(places) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n".encode()
