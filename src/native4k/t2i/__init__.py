"""Text to image: encode the training images, train on their latents, generate from captions, evaluate."""
