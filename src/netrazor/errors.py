"""Every error that netrazor raises on purpose.

    NetrazorError
    ├── InvalidArgument        a value outside what the function states (also a ValueError)
    ├── ConfigurationError     a recipe, rule or name that does not fit what it is applied to
    ├── DataError
    │   ├── DatasetUnavailable   the files cannot be found or fetched
    │   ├── DatasetMismatch      another data set than the certified one
    │   └── BadDataset           empty, wrong shapes, labels out of range, random augmentation
    ├── ModelError
    │   ├── UnsupportedModel     state or structure that cannot be coded
    │   ├── NonFiniteWeights     NaN or infinite values
    │   ├── CheckpointMismatch   weights for another architecture or another run
    │   └── UnsupportedLearner   no start, learn or predict, or a state that depends on more than the picks
    ├── MessageError
    │   ├── CorruptMessage       the bytes are not a message that the encoder writes
    │   ├── UnsupportedMessage   a version or model this decoder does not know
    │   └── MessageTooLarge      over a limit that protects the reader; the caller may raise it
    ├── CertificateError       a certificate that is malformed, altered or does not follow from its parts
    ├── OutputError            a file or directory that cannot be written
    └── MissingExtra           an optional package is not installed (also an ImportError)

Every message says which field, what is allowed, what was got, and what to do. An argument of a function is written
``name:`` where the message begins with it and ``name=`` elsewhere, which the command line turns into ``--name``.
``exit_code`` is what the command line ends with: 1 where a check failed, 2 for wrong use.
"""


class NetrazorError(Exception):
    """Base of all errors raised on purpose."""

    exit_code = 2


class InvalidArgument(NetrazorError, ValueError):
    """An argument outside what the function states."""


class ConfigurationError(NetrazorError):
    """A recipe, rule or name that does not fit what it is applied to."""


class DataError(NetrazorError):
    """Base of everything wrong with a data set."""


class DatasetUnavailable(DataError):
    """The files of a data set can neither be found nor fetched."""


class DatasetMismatch(DataError):
    """The data set is not the one that the certificate speaks of."""

    exit_code = 1


class BadDataset(DataError):
    """A data set that no certificate can be computed from."""


class ModelError(NetrazorError):
    """Base of everything wrong with a network."""


class UnsupportedModel(ModelError):
    """A network with state or structure that cannot be coded."""


class NonFiniteWeights(ModelError):
    """A network that holds NaN or infinite values."""


class CheckpointMismatch(ModelError):
    """Weights or a checkpoint that belong to another architecture or run."""


class UnsupportedLearner(ModelError):
    """A learner without start, learn or predict, or whose state depends on more than the picked examples."""


class MessageError(NetrazorError):
    """Base of everything wrong with the bytes of a message."""

    exit_code = 1


class CorruptMessage(MessageError):
    """Bytes that are not a message: cut, extended, altered, or not in canonical form."""


class UnsupportedMessage(MessageError):
    """A message of a version, or with a model, that this decoder does not know."""


class MessageTooLarge(MessageError):
    """A message that would take more than the reader's limits allow."""


class CertificateError(NetrazorError):
    """A certificate that is malformed, altered, or does not follow from its own parts."""

    exit_code = 1


class OutputError(NetrazorError):
    """A file or directory that cannot be written."""


class MissingExtra(NetrazorError, ImportError):
    """A function that needs an optional package which is not installed; ``name`` is that package."""
