"""The symbols of the statements, for readers who open a report without the paper."""

from __future__ import annotations

NOTATION = {
    r"x, \mu_i, \pi_i": "a data point from $N(0, I_d)$ unless a truth is named; the means (in "
    r"dimension $d$) and weights of the $n$ components of the fitted mixture, of unit covariance",
    r"\eta, t, T": "step size of gradient EM; number of steps; length of a run",
    r"\psi_i(x), p_i, G_{ij}": r"responsibility of component $i$ at $x$; its mean "
    r"$\mathbb{E} \psi_i$; overlap $\mathbb{E} \psi_i \psi_j$",
    r"L, \nabla_i L": "population loss, the Kullback-Leibler divergence of the fit from the truth; "
    r"its gradient with respect to $\mu_i$",
    r"v(x), F": r"posterior mean $\sum_i \psi_i(x) \mu_i$; Fisher divergence "
    r"$\mathbb{E} \|v\|^2$",
    r"U, W": r"energy $\sum_i \|\mu_i\|^2$; weighted distance $\sum_i \pi_i \|\mu_i\|^2$",
    r"R, \pi_{\min}, r": r"largest $\|\mu_i\|$; smallest weight; rank of the means",
    r"\mu^+, \mu^{\mathrm{EM}}, Q": r"the means after a step of gradient EM, $\mu_i - \eta "
    r"\nabla_i L$; after a step of EM, $\mu_i - \nabla_i L / p_i$; the objective of its M-step",
    r"\theta, M(\theta)": r"mean of a tied pair $(\theta, -\theta)$; what a step of EM makes of it",
    r"\mu^*, \pi^*": "means and weights of a truth that is itself a mixture",
}
