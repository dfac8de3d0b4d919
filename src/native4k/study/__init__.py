"""A controlled study: the same network, trained on native 4K pixels or on other views of the same images."""
