"""native4k: images that are really 4K, and the benchmark numbers that follow from them."""

import logging

# diffusers, peft and pyiqa import it, and it complains of GPU kernels that nothing here asks for
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
