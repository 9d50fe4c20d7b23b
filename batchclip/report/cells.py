"""Cells that a spreadsheet shows and does not run."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> object:
    """Quote a text that a spreadsheet would take for a formula (OWASP, "CSV Injection")."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value
