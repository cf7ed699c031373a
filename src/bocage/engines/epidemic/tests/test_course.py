"""The course of the disease: quantiles against SciPy's own, and what importing the engine costs."""

import subprocess
import sys

import numpy as np
import pytest

from bocage.engines.epidemic.course import lognormal_quantiles


@pytest.mark.parametrize(("mean", "sd"), [(4.5, 1.5), (1.1, 0.9), (8.0, 2.0), (0.05, 100.0), (100.0, 0.05)])
def test_the_quantiles_are_those_of_scipy(mean: float, sd: float) -> None:
    from scipy.stats import lognorm

    share = (np.arange(480) + 0.5) / 480
    variance = np.log1p((sd / mean) ** 2)
    judge = lognorm(s=np.sqrt(variance), scale=np.exp(np.log(mean) - variance / 2)).ppf(share)
    np.testing.assert_allclose(lognormal_quantiles(mean, sd, share), judge, rtol=1e-12, atol=0)


def test_the_engine_is_imported_without_scipy_stats_and_special() -> None:
    """They take more than a second, and every process of the platform imports the engine."""
    code = "import sys, bocage.engines.epidemic; print(*sorted({'scipy.stats', 'scipy.special'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == ""
