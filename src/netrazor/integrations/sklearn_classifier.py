"""A certified network as an estimator of scikit-learn, which this module alone needs."""

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data
from torch import Tensor, nn

from netrazor.certification.claims import AnyClaim
from netrazor.pipeline import Recipe, certify

_ROWS = 1024  # that are scored together


class NetrazorClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # of a library without types
    """Trains a short network, and certifies its error on new examples from the rows that it was trained on.

    Claim: with probability at least 1 - ``delta`` over the draw of the rows, a new row is answered wrongly with
    probability at most ``certificate_.risk_bound``, if the rows are independent draws and the parameters here were
    chosen without them. A search over parameters (``GridSearchCV``) on the same rows is such a choice: its best
    certificate holds only if each candidate has its share of ``delta``.

    Inputs are taken as they are, as float32. Columns of different scales should be scaled by constants, or by
    ``network``: what a scaler computes from the rows is no part of the message.

    Parameters:
        network: widths of hidden layers with ReLU, none for a linear classifier; or a function of the numbers of
            features and of classes that makes a network.
        recipe: how it is trained and cut down, as for `netrazor.certify`.
        delta: failure probability of the certificate.
        claims: what is claimed, values of `netrazor.claims`; None: the error.
        random_state: of everything random.
        device: what trains.
        out: directory for the certificate's files; it is overwritten by the next fit.

    Attributes:
        certificate_: of the fitted network, over classes numbered as in ``classes_``.
        network_: the network decoded from the message.
        classes_: labels, in order.
        n_features_in_: number of columns.
    """

    def __init__(
        self,
        network: Sequence[int] | Callable[[int, int], nn.Module] = (),
        recipe: Recipe | str = "small",
        delta: float = 0.05,
        claims: Sequence[AnyClaim] | None = None,
        random_state: Any = None,
        device: str = "auto",
        out: str | os.PathLike[str] | None = None,
    ) -> None:
        self.network = network
        self.recipe = recipe
        self.delta = delta
        self.claims = claims
        self.random_state = random_state
        self.device = device
        self.out = out

    def fit(self, X: Any, y: Any) -> "NetrazorClassifier":  # noqa: N803  # names that scikit-learn asks for
        """Train, cut down and certify a network on rows ``X`` of numbers with labels ``y``.

        Raises:
            ValueError: what scikit-learn refuses; labels of one class only.
            NetrazorError: as for `netrazor.certify`.
        """
        rows, y = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(y)
        self.classes_, codes = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                "y: labels of at least two classes needed, got 1 class; give rows of another too"
            )
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        torch.manual_seed(seed)
        network = self._build(rows.shape[1], len(self.classes_))
        self.certificate_ = certify(
            network,
            (rows, codes.astype(np.int64)),  # type: ignore[arg-type]  # a pair of arrays is taken too
            recipe=self.recipe,
            delta=self.delta,
            seed=seed,
            claims=self.claims,
            device=self.device,
            out=self.out,
            overwrite=True,
            progress=False,
        )
        self.network_ = network.eval()
        return self

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """The label of the best score for each row; the certificate counts a tie as an error."""
        places = self._scores(X).argmax(dim=1).numpy()
        answers: NDArray[Any] = self.classes_[places]
        return answers

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """The softmax of the scores; nothing is certified about these numbers, nor are they calibrated."""
        shares: NDArray[np.float64] = torch.softmax(self._scores(X).double(), dim=1).numpy()
        return shares

    def _build(self, features: int, classes: int) -> nn.Module:
        if callable(self.network):
            return self.network(features, classes)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((features, *self.network, classes)):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        return nn.Sequential(*layers[:-1])

    @torch.inference_mode()
    def _scores(self, X: Any) -> Tensor:  # noqa: N803
        check_is_fitted(self)
        rows = torch.from_numpy(np.array(validate_data(self, X, dtype=np.float32, reset=False)))
        return torch.cat([self.network_(part) for part in torch.split(rows, _ROWS)])
