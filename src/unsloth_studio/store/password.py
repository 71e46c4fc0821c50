"""The page's password: hashed with argon2id, checked in constant time.

The parameters are argon2-cffi's own, the second recommended option of RFC 9106, section 4 (64 MiB, 3 passes, 4 lanes).
They stand in the hash, so a later version may choose others.
"""

from __future__ import annotations

from unsloth_studio.problem import OperatorProblem

MIN_LENGTH = 8
"""Characters; NIST SP 800-63B, section 5.1.1."""
MAX_LENGTH = 1024


class WeakPassword(OperatorProblem):
    """The password cannot be used."""

    exit_status = 2


def hash_password(password: str) -> str:
    """The hash to keep; a tenth of a second of CPU. Raises `WeakPassword`."""
    from argon2 import PasswordHasher

    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise WeakPassword(f"The password needs {MIN_LENGTH} to {MAX_LENGTH} characters.")
    return PasswordHasher().hash(password)


def holds(hashed: str, password: str) -> bool:
    """Whether `password` is the one that was hashed. A tenth of a second of CPU: not on an event loop."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > MAX_LENGTH:
        return False
    try:
        return PasswordHasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
