"""Measures of pictures without learned weights; every function takes plain arrays."""

import numpy as np


def spectrum_slope(luma: np.ndarray) -> float:
    """Exponent of the power spectrum's fall with frequency, least squares over rings; about -2 for photographs."""
    side = min(luma.shape)
    values = luma[:side, :side].astype(float)
    window = np.outer(np.hanning(side), np.hanning(side))  # or the picture's borders count as edges
    power = np.abs(np.fft.fft2((values - values.mean()) * window)) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side))) * side
    rings = np.arange(4, side // 2)  # below 4 cycles a side the window's own width shows
    ring = np.round(frequency).astype(int).ravel()
    total, count = np.bincount(ring, power.ravel()), np.bincount(ring)
    mean = total[rings] / count[rings]
    return float(np.polyfit(np.log(rings), np.log(mean + 1e-12), 1)[0])


def patch_features(patches: np.ndarray) -> np.ndarray:
    """Of each patch: mean and deviation of R, G and B, mean absolute step of the luma right and down; all in 0 to 1."""
    values = patches.astype(float) / 255
    luma = values @ np.array([0.299, 0.587, 0.114])  # ITU-R 601
    steps = [np.abs(np.diff(luma, axis=axis)).mean(axis=(1, 2)) for axis in (2, 1)]
    return np.column_stack([values.mean(axis=(1, 2)), values.std(axis=(1, 2)), *steps])


def kernel_distance(ours: np.ndarray, real: np.ndarray) -> float:
    """Unbiased squared MMD with KID's kernel (x.y / d + 1)^3, on features in units of the real ones' deviation."""
    mean, deviation = real.mean(axis=0), real.std(axis=0) + 1e-6
    ours, real = (ours - mean) / deviation, (real - mean) / deviation
    within = [_kernel(one, one) for one in (ours, real)]
    alone = [(kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1)) for kernel in within]
    return float(sum(alone) - 2 * _kernel(ours, real).mean())


def _kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return (first @ second.T / first.shape[1] + 1) ** 3


def psnr(ours: np.ndarray, real: np.ndarray) -> float:
    """Return the PSNR of all pictures together, dB."""
    error = np.square(ours.astype(float) - real).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-10)))
