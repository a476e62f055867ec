"""Cells from the literature that are not built in, as texts: what the language has to be able to say."""

TEXTS: dict[str, str] = {
    "lstm": """
cell lstm
  title: long short-term memory
  source: Gers, Schmidhuber, Cummins, "Learning to forget", Neural Computation 12 (2000)
  input x: I
  state h: H, c: H
  i = sigmoid(W_i @ x + U_i @ h[t-1] + b_i)
  f = sigmoid(W_f @ x + U_f @ h[t-1] + b_f)
  o = sigmoid(W_o @ x + U_o @ h[t-1] + b_o)
  g = tanh(W_g @ x + U_g @ h[t-1] + b_g)
  c = f * c[t-1] + i * g
  h = o * tanh(c)
""",
    "lstm_concat": """
cell lstm_concat
  input x: I
  state h: H, c: H
  param W: 4*H x I + H
  z = W @ concat(x, h[t-1]) + b
  i = sigmoid(z[0:H])
  f = sigmoid(z[H:2*H])
  g = tanh(z[2*H:3*H])
  o = sigmoid(z[3*H:4*H])
  c = f * c[t-1] + i * g
  h = o * tanh(c)
  output h
""",
    "lstm_peephole": """
cell lstm_peephole
  source: Gers, Schraudolph, Schmidhuber, JMLR 3 (2002) 115
  input x: I
  state h: H, c: H
  i = sigmoid(W_i @ x + U_i @ h[t-1] + p_i * c[t-1] + b_i)
  f = sigmoid(W_f @ x + U_f @ h[t-1] + p_f * c[t-1] + b_f)
  c = f * c[t-1] + i * tanh(W_c @ x + U_c @ h[t-1] + b_c)
  o = sigmoid(W_o @ x + U_o @ h[t-1] + p_o * c + b_o)
  h = o * tanh(c)
""",
    "gru_after": """
cell gru_after
  source: Cho et al. 2014, arXiv:1406.1078v1 (reset after the product, as in cuDNN and PyTorch)
  input x: I
  state h: H
  r = sigmoid(W_ir @ x + b_ir + W_hr @ h[t-1] + b_hr)
  z = sigmoid(W_iz @ x + b_iz + W_hz @ h[t-1] + b_hz)
  n = tanh(W_in @ x + b_in + r * (W_hn @ h[t-1] + b_hn))
  h = (1 - z) * n + z * h[t-1]
""",
    "gru_before": """
cell gru_before
  source: Cho et al. 2014, arXiv:1406.1078v3 (reset before the product)
  input x: I
  state h: H
  r = sigmoid(W_r @ x + U_r @ h[t-1] + b_r)
  z = sigmoid(W_z @ x + U_z @ h[t-1] + b_z)
  n = tanh(W_n @ x + U_n @ (r * h[t-1]) + b_n)
  h = z * h[t-1] + (1 - z) * n
""",
    "mgu": """
cell mgu
  source: Zhou, Wu, Zhang, Zhou 2016, arXiv:1603.09420
  input x: I
  state h: H
  f = sigmoid(W_f @ x + U_f @ h[t-1] + b_f)
  n = tanh(W_n @ x + U_n @ (f * h[t-1]) + b_n)
  h = (1 - f) * h[t-1] + f * n
""",
    "two_lags": """
cell two_lags
  input x: I
  state h: H
  h = tanh(W @ x + U_1 @ h[t-1] + U_2 @ h[t-2] + b)
""",
    "indrnn": """
cell indrnn
  source: Li, Li, Cook, Zhu, Gao 2018, arXiv:1803.04831
  input x: I
  state h: H
  h = relu(W @ x + u * h[t-1] + b)
""",
    "antisymmetric": """
cell antisymmetric
  source: Chang, Chen, Haber, Chi 2019, arXiv:1902.09689
  input x: I
  state h: H
  h = h[t-1] + 0.01 * tanh((W - W.T) @ h[t-1] - 0.1 * h[t-1] + V @ x + b)
""",
    "normalized": """
cell normalized
  input x: I
  state h: H, n: H
  const m: H
  k = exp(W @ x)
  n = k + n[t-1] / 2
  v = V_1 @ V_2 @ x
  param V_2: K x I
  h = m * (v / n) ** 2 + 1 / n - (h[t-1].T @ w).T * 0 + h[t-1][0:H] - q @ sum(h[t-1])
  param w: H x H
""",
    "matrix_memory": """
cell matrix_memory
  about: every construct for matrices, rows and scalars
  input x: I
  state S: K x H, n: K, m: 1
  initial S: zero
  initial n: learned
  mask keep: 1
  const beta: 1 = 0.5
  param W_k: K x I
  output y
  k = (W_k @ x) / sqrt(K)
  v = W_v @ x
  lambda_K = sigmoid(a)
  f = max(w_f.T @ x, 0.1)
  i = min(exp(w_i.T @ x), 2 * f)
  m = max(f + m[t-1], i)
  R = k @ v.T - beta * (k @ (k.T @ S[t-1]))
  S = keep * (diag(lambda_K) @ S[t-1]) + i / m * R
  n = f * n[t-1] + i * k + 1 / K
  y = (S.T @ k) / max(abs(n.T @ k), 1) - mean(S) + m
  param w_f: I
  param w_i: I
""",
    "normalised_rows": """
cell normalised_rows
  year: 2016
  family: plain
  input x: I
  state h: H, p: I
  const eps: 1 = 1e-5
  A = U - U.T - gamma * diag(1)
  param gamma: 1
  a = W @ p[t-1] + A @ h[t-1]
  d = a - mean(a)
  h = tanh(g * d / sqrt(mean(d * d) + eps) + b) + max(V, V.T) @ c
  p = x
""",
}
