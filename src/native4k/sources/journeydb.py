"""JourneyDB: pictures drawn by Midjourney, with their prompts."""

from native4k.sources.folder import content
from native4k.sources.source import Source

SOURCE = Source(
    title="JourneyDB",
    page="https://huggingface.co/datasets/JourneyDB/JourneyDB",
    rows=4_429_295,
    license="unknown",
    provenance="images drawn by Midjourney and their prompts (JourneyDB)",
    columns={"url": ("img_path",), "caption": ("caption", "prompt")},
    note="gated; synthetic; has no sizes; unpack its .jsonl files and the folders of pictures (000, 001, ...) into "
    "data/sources/journeydb; its captions are nested (Task2.Caption) and not read, the prompt stands for them",
    content=content,
)
