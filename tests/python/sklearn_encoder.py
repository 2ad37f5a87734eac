"""FeatureEncoder inside scikit-learn; run by interop_test.py in the environment `frames`."""

import doctest
import pickle

import headrace.sklearn
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from headrace.sklearn import FeatureEncoder
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import headrace as hr
from headrace import features as f


def make_rows(count=2000):
    chance = np.random.default_rng(5)
    hour = chance.integers(0, 24, count)
    price = chance.lognormal(2, 1, count)
    late = (price + 5 * (hour > 16) + chance.standard_normal(count)) > 12
    shop = np.array([f"s{i}" for i in chance.integers(0, 9, count)])
    return pd.DataFrame({"hour": hour, "price": price, "shop": shop}), late.astype(int)


FEATURES = [
    f.Feature("price", transforms=f.Log1p() | f.Standardize()),
    f.Feature("hour", transforms=f.Cyclic(period=24)),
    f.Feature("shop", transforms=f.Vocabulary(min_count=2) | f.OneHot()),
    f.Feature("dear", "price > 20"),
]


def main():
    rows, late = make_rows()
    encoder = FeatureEncoder(FEATURES)
    matrix = encoder.fit_transform(rows)
    assert matrix.shape == (len(rows), 1 + 2 + 12 + 1), matrix.shape
    names = list(encoder.get_feature_names_out())
    assert names[:4] == ["price", "hour_0", "hour_1", "shop_0"], names
    assert len(names) == matrix.shape[1]
    # Other frames, the same numbers.
    assert np.array_equal(encoder.transform(pl.from_pandas(rows)), matrix)
    assert np.array_equal(encoder.transform(pa.Table.from_pandas(rows)), matrix)
    # Those of scikit-learn, as far as it has the same transform.
    logs = np.log1p(rows[["price"]].to_numpy())
    assert np.allclose(matrix[:, :1], StandardScaler().fit_transform(logs), rtol=1e-6, atol=1e-6)
    # The names of a frame that was asked for.
    as_pandas = FeatureEncoder(FEATURES).set_output(transform="pandas").fit_transform(rows)
    assert list(as_pandas.columns) == names
    as_polars = FeatureEncoder(FEATURES).set_output(transform="polars").fit_transform(rows)
    assert as_polars.columns == names
    # A null in a list column is a row of NaN, and no rows are a matrix without rows.
    hours = pa.table({"hour": pa.array([0, None, 6], pa.int64())})
    circle = FeatureEncoder([f.Feature("hour", transforms=f.Cyclic(period=24))]).fit(hours)
    assert np.isnan(circle.transform(hours)).tolist() == [[False, False], [True, True], [False, False]]
    assert circle.transform(hours.slice(0, 0)).shape == (0, 2)
    # Inside a pipeline, a cross-validation and a search.
    model = make_pipeline(FeatureEncoder(FEATURES), LogisticRegression(max_iter=1000))
    scores = cross_val_score(model, rows, late, scoring="roc_auc", cv=3)
    assert scores.mean() > 0.95, scores
    few = [f.Feature("hour", transforms=f.Cyclic(period=24))]
    search = GridSearchCV(model, {"featureencoder__features": [few, FEATURES]}, cv=2, scoring="roc_auc")
    search.fit(rows, late)
    assert search.best_params_["featureencoder__features"] is not few
    assert clone(encoder).features == FEATURES
    # A fitted one is not pickled by accident: its state has a file of its own.
    try:
        pickle.dumps(encoder)
    except TypeError as error:
        assert "save" in str(error), error
    else:
        raise AssertionError("a fitted encoder was pickled")
    test = doctest.testmod(headrace.sklearn, extraglobs={"pa": pa, "hr": hr})
    assert test.failed == 0
    assert test.attempted > 0
    print("ok")


if __name__ == "__main__":
    main()
