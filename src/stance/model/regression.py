"""Logistic regression on shares of labels: rows that are part one label, part another, as no estimator of
scikit-learn takes them without a copy of the row for each label."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from stance.model.compiling import softmax

Floats = npt.NDArray[np.float64]


def fit_shares(
    X: sp.csr_matrix, targets: Floats, labels: npt.NDArray[np.str_], C: float, tol: float = 5e-5
) -> LogisticRegression:
    """The LogisticRegression that scikit-learn would fit on a copy of each row for each label, weighed by its share.

    X: (n, features), float32. targets: (n, labels) shares of the labels, in sorted order, times the weight of the row.
    C, tol: as in LogisticRegression.
    """
    rows, total, k = targets.sum(axis=1, keepdims=True), targets.sum(), len(labels)
    # Columns that are hardly ever zero (word vectors) come first, as a dense matrix, which costs less.
    full = np.bincount(X.indices, minlength=X.shape[1]) > len(targets) / 2
    order, n = np.argsort(~full, kind="stable"), full.sum()
    dense, sparse = X[:, order[:n]].toarray(), X[:, order[n:]]
    turned = sparse.T.tocsr()
    # With two labels scikit-learn keeps one vector, the difference of the two that are kept here.
    penalty = (2 if k == 2 else 1) / (C * total)

    def loss(flat: Floats) -> tuple[float, Floats]:
        bias, weights = flat[:k], flat[k:].reshape(-1, k)
        short = weights.astype(np.float32)
        found = softmax(np.asarray(dense @ short[:n] + sparse @ short[n:], float) + bias)
        error = (rows * found - targets) / total
        narrow = error.astype(np.float32)
        slope = penalty * weights
        slope[:n] += dense.T @ narrow
        slope[n:] += turned @ narrow
        cost = -(targets * np.log(np.maximum(found, 1e-300))).sum() / total
        return cost + penalty / 2 * float((weights**2).sum()), np.concatenate([error.sum(axis=0), slope.ravel()])

    start = np.zeros(k * (X.shape[1] + 1))
    options = {"gtol": tol, "ftol": 1e-9, "maxiter": 1000, "maxcor": 30}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
    weights = np.empty((k, X.shape[1]))
    weights[:, order], bias = found[k:].reshape(-1, k).T, found[:k]
    if k == 2:
        weights, bias = weights[1:] - weights[:1], bias[1:] - bias[:1]
    classifier = LogisticRegression(C=C, tol=tol)
    classifier.classes_, classifier.n_features_in_ = labels, X.shape[1]
    classifier.coef_, classifier.intercept_ = weights, bias
    return classifier
