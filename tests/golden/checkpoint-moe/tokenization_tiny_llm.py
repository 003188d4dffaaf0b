# tokenizer.json is complete: this only names the class that reads it (see auto_map in tokenizer_config.json).
from transformers import PreTrainedTokenizerFast  # noqa: F401
