"""Every error that crosses a border of this package.

LedgerError
├── InvalidInput            the input cannot be read in the form that it should have
│   ├── InvalidQuantity     a number, unit or conversion that breaks the rules of exact quantities
│   ├── InvalidBody         the bytes are not the canonical spelling of a record
│   ├── InvalidKey          a public key that cannot or must not be used
│   └── InvalidNote         a signed note, checkpoint, vkey or proof text that breaks its format
├── Refused                 a well-formed record that the rules of admission refuse
├── VerificationError       a proof, signature or figure that does not hold
├── NotFound                the ledger has nothing by this name, or nothing that the caller may see
├── Unauthenticated         the token of a request does not hold
├── Denied                  the caller sees the thing, but the answer would reveal hidden parts
├── Erased                  a record body that was on the ledger and was erased for good
├── PluginError             a plugin raised an error, or returned an assessment that is not allowed
├── Exhausted               a quota is used up; the same record may be admitted later
├── Unavailable             this replica cannot answer now; trying again, here or elsewhere, may succeed
│   ├── OutcomeUnknown      a write may or may not have become durable; the caller must ask again
│   ├── ShuttingDown        this replica ends; it has written nothing
│   └── Overloaded          a queue of this replica is full; it has written nothing
└── ConfigurationError      the operator must change a setting before this can run

Each error has a stable `code` for programs. If they apply, `field`, `value` and `rule` explain it to people. If one
input has several faults, `parts` has an error for each. Faults of a record also say how to mend them: `stage`,
`allowed` and `mend`.
"""

SHAPE = "shape"
"""Stage: the record is decoded."""
FACTS = "facts"
"""Stage: the record is compared with facts that never change."""
ORDER = "order"
"""Stage: the record gets its place in the log."""


class LedgerError(Exception):
    """Base of all errors raised on purpose. `code` is stable across versions."""

    code = "error"
    parts: "tuple[LedgerError, ...]" = ()
    stage: str | None = None
    """The stage of a record that refused it."""
    allowed: tuple[str, ...] = ()
    """The values or names that `field` may have: all if they are few, else the nearest."""
    mend: "tuple[dict[str, object], ...]" = ()
    """The change of the record that mends the fault, in operations of JSON Patch (RFC 6902); empty if the value does
    not show its meaning."""

    def __init__(
        self, message: str, *, code: str | None = None, field: str | None = None, value: object = None,
        rule: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        self.field = field
        self.value = None if value is None else _shorten(str(value))
        self.rule = rule

    def settled(self) -> "LedgerError":
        """The error as an answer, without its traceback. The frames of a traceback keep every local value alive, and
        through the result of a thread also each other, until the garbage collector runs."""
        self.__context__ = self.__cause__ = None
        return self.with_traceback(None)


def _shorten(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


class InvalidInput(LedgerError):
    code = "invalid-input"


class InvalidQuantity(InvalidInput):
    code = "invalid-quantity"


class InvalidBody(InvalidInput):
    code = "invalid-body"
    stage = SHAPE


class InvalidKey(InvalidInput):
    code = "invalid-key"


class InvalidNote(InvalidInput):
    code = "invalid-note"


class Refused(LedgerError):
    code = "refused"


def refusal_of(faults: "list[Refused]") -> Refused:
    """The refusal for at least one fault of a record: the first, with all of them in `parts` if there are several."""
    if len(faults) == 1:
        return faults[0]
    first = faults[0]
    refusal = Refused(first.message, code=first.code, field=first.field, value=first.value, rule=first.rule)
    refusal.allowed, refusal.mend = first.allowed, first.mend
    refusal.parts = tuple(faults)
    return refusal


def at_stage(error: LedgerError, stage: str) -> LedgerError:
    """The error, with the stage that refused the record if no earlier one is named. A failure of the server
    gets no stage."""
    if error.stage is None and isinstance(error, InvalidInput | Refused | PluginError):
        error.stage = stage
    return error


class VerificationError(LedgerError):
    """`step`: the number of the step that fails, if the verification has numbered steps. The message begins with
    it."""

    code = "verification-failed"

    def __init__(
        self, message: str, *, step: int | None = None, code: str | None = None, field: str | None = None,
        value: object = None, rule: str | None = None,
    ) -> None:
        super().__init__(message if step is None else f"{step}. {message}", code=code, field=field, value=value,
                         rule=rule)
        self.text = message
        self.step = step


class NotFound(LedgerError):
    code = "not-found"


class Unauthenticated(LedgerError):
    code = "invalid-token"


class Denied(LedgerError):
    code = "denied"


class Erased(LedgerError):
    code = "erased"
    erasure: object = None
    """The record of the log that erased it, the legal basis, and the facts that remain of the erased record."""


class PluginError(LedgerError):
    code = "plugin-failed"


class Exhausted(LedgerError):
    code = "quota"
    retry_after: int | None = None
    """Seconds until the quota has room for the record."""


class Unavailable(LedgerError):
    code = "unavailable"
    retry_after: int | None = None
    """Seconds until a retry makes sense, if it is known."""


class ShuttingDown(Unavailable):
    """Nothing was written. Another server, or this one after its start, can answer."""

    code = "shutting-down"
    retry_after = 5


class Overloaded(Unavailable):
    code = "overloaded"
    retry_after = 2


class OutcomeUnknown(Unavailable):
    code = "outcome-unknown"


class ConfigurationError(LedgerError):
    code = "configuration"
