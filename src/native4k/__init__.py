"""native4k: images that are really 4K, and the benchmark numbers that follow from them."""

import logging
import os

# diffusers, peft and pyiqa import it, and it complains of GPU kernels that nothing here asks for
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)

# Polars' allocator, before Polars is imported: what was freed is kept a few seconds, for the next frame of any thread
os.environ.setdefault("_RJEM_MALLOC_CONF", "narenas:1,dirty_decay_ms:3000,muzzy_decay_ms:3000")
