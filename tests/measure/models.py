"""Tiny models with random weights, saved to disk as the hub would hold them."""

import warnings
from pathlib import Path
from typing import Any

WORDS = [
    *("excellent", "good", "fair", "poor", "bad", "Nature", "Urban", "People", "Food", "city", "painting", "anime"),
    *("the", "a", "photo", "of", "image", "quality", "is", "in", "What", "it", "and", "category"),
    *("?", ":", ".", "USER", "ASSISTANT"),
]


def tokenizer(image: str = "<image>") -> Any:
    """One token a word."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    names = ["<pad>", "<unk>", "<s>", "</s>", image]
    made = Tokenizer(models.WordLevel({word: place for place, word in enumerate([*names, *WORDS])}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        additional_special_tokens=[image],
        model_max_length=64,
    )


def vlm(folder: Path) -> Path:
    """A LLaVA: a vision tower and a language model of some thousand weights."""
    import torch
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = CLIPVisionConfig(image_size=28, patch_size=14, projection_dim=16, **size)
    vocabulary = 5 + len(WORDS)
    text = LlamaConfig(
        vocab_size=vocabulary, num_key_value_heads=2, pad_token_id=0, bos_token_id=2, eos_token_id=3, **size
    )
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_index=4, vision_feature_layer=-1)
    torch.manual_seed(0)
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    template = (
        "{% for message in messages %}USER : {% for part in message['content'] %}"
        "{% if part['type'] == 'image' %}<image> {% else %}{{ part['text'] }} {% endif %}{% endfor %}{% endfor %}"
        "{% if add_generation_prompt %}ASSISTANT : {% endif %}"
    )
    pixels = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    LlavaProcessor(
        pixels,
        tokenizer(),
        patch_size=14,
        vision_feature_select_strategy="default",
        image_token="<image>",
        num_additional_image_tokens=1,
        chat_template=template,
    ).save_pretrained(folder)
    return folder


def qwen(folder: Path) -> Path:
    """A Qwen2-VL, the family of the published labeler, of some thousand weights."""
    import torch
    import transformers

    special = {"image": "<|image_pad|>", "vision_start": "<s>", "vision_end": "<pad>", "video": "<unk>"}
    words = tokenizer(special["image"])
    text = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    rope = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}
    text |= {"vocab_size": 5 + len(WORDS), "num_key_value_heads": 2, "rope_parameters": rope, "eos_token_id": 3}
    text |= {"bos_token_id": 2, "pad_token_id": 0}
    vision = {"depth": 1, "embed_dim": 16, "hidden_size": 16, "num_heads": 2, "mlp_ratio": 1, "patch_size": 14}
    tokens = {f"{name}_token_id": words.convert_tokens_to_ids(token) for name, token in special.items()}
    config = transformers.Qwen2VLConfig(text_config=text, vision_config=vision, **tokens)
    torch.manual_seed(0)
    transformers.Qwen2VLForConditionalGeneration(config).save_pretrained(folder)
    pixels = transformers.Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=112 * 112)
    template = (
        "{% for message in messages %}USER : {% for part in message['content'] %}"
        "{% if part['type'] == 'image' %}<s><|image_pad|><pad> {% else %}{{ part['text'] }} {% endif %}{% endfor %}"
        "{% endfor %}{% if add_generation_prompt %}ASSISTANT : {% endif %}"
    )
    video = transformers.Qwen2VLVideoProcessor()
    transformers.Qwen2VLProcessor(pixels, words, video, chat_template=template).save_pretrained(folder)
    return folder


def siglip(folder: Path) -> Path:
    """A SigLIP of some thousand weights."""
    import torch
    from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel, SiglipProcessor

    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {"vocab_size": 5 + len(WORDS), "max_position_embeddings": 64, "projection_size": 16, **size}
    config = SiglipConfig(text_config=text, vision_config={"image_size": 28, "patch_size": 14, **size})
    torch.manual_seed(0)
    SiglipModel(config).save_pretrained(folder)
    pixels = SiglipImageProcessor(size={"height": 28, "width": 28})
    SiglipProcessor(pixels, tokenizer()).save_pretrained(folder)
    return folder


def clip(folder: Path) -> Path:
    """A CLIP of some thousand weights."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTextConfig, CLIPVisionConfig

    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = CLIPTextConfig(vocab_size=5 + len(WORDS), pad_token_id=0, bos_token_id=2, eos_token_id=3, **size)
    vision = CLIPVisionConfig(image_size=28, patch_size=14, **size)
    torch.manual_seed(0)
    model = CLIPModel(CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=16))
    model.save_pretrained(folder)
    pixels = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    CLIPProcessor(pixels, tokenizer()).save_pretrained(folder)
    return folder


def quietly(make: Any, folder: Path) -> Path:
    """Made without third parties' warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Path(make(folder))
