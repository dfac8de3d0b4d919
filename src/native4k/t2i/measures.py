"""What can be measured of pictures without any learned weights; every function takes plain arrays."""

import io

import numpy as np
from PIL import Image

ANGLES = (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
"""Radians, of the GLCM score (Diffusion-4K's evaluation)."""


def grey(picture: np.ndarray) -> np.ndarray:
    """Luma by ITU-R 601, uint8."""
    return np.asarray(Image.fromarray(picture).convert("L"))


def entropy(values: np.ndarray) -> float:
    """Shannon entropy of how often each value occurs, bits."""
    shares = np.unique(values, return_counts=True)[1] / values.size
    return float(-(shares * np.log2(shares)).sum())


def glcms(patch: np.ndarray, levels: int, distances: tuple[int, ...]) -> np.ndarray:
    """Grey-level co-occurrence, not symmetric, each summing to 1: distances x angles x levels x levels."""
    return np.stack([[_glcm(patch, levels, distance, angle) for angle in ANGLES] for distance in distances])


def _glcm(patch: np.ndarray, levels: int, distance: int, angle: float) -> np.ndarray:
    """Pairs at a rounded offset: rows down by sin, columns right by cos, as scikit-image rounds them."""
    down, right = round(np.sin(angle) * distance), round(np.cos(angle) * distance)
    height, width = patch.shape
    first = patch[: height - down, max(0, -right) : width - max(0, right)].astype(int)
    second = patch[down:, max(0, right) : width - max(0, -right)]
    counts = np.bincount((first * levels + second).ravel(), minlength=levels**2)
    return counts.reshape(levels, levels) / counts.sum()


def glcm_published(matrices: np.ndarray) -> float:
    """As Diffusion-4K computes its GLCM score: the entropy of how often each *number* occurs in the matrices, bits."""
    return entropy(matrices)


def glcm_entropy(matrices: np.ndarray) -> float:
    """The textbook's (Haralick 1973): -sum p log2 p of each matrix, averaged, bits."""
    logs = np.log2(matrices, out=np.zeros_like(matrices), where=matrices > 0)
    return float(-(matrices * logs).sum(axis=(-2, -1)).mean())


def tiles(picture: np.ndarray, side: int) -> np.ndarray:
    """The picture's squares of that side, without overlap; what is left over at right and bottom is not seen."""
    rows, columns = (size // side for size in picture.shape[:2])
    cut = picture[: rows * side, : columns * side]
    return cut.reshape(rows, side, columns, side, -1).swapaxes(1, 2).reshape(rows * columns, side, side, -1)


def compression_ratio(pictures: np.ndarray, quality: int) -> float:
    """Bytes of the raw pixels over bytes as JPEG of that quality, all pictures together; detail makes it smaller."""
    return pictures.nbytes / sum(_jpeg_bytes(picture, quality) for picture in pictures)


def _jpeg_bytes(picture: np.ndarray, quality: int) -> int:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality)
    return out.tell()


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
    """Of all pictures together, dB."""
    error = np.square(ours.astype(float) - real).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-10)))
