"""Models by their id on the Hugging Face hub."""

from pathlib import Path

from tpobench.harness.errors import UserError


def hub_folder(name: str) -> Path:
    """The folder that a hub model is downloaded to; no code of the model's is fetched.

    Raises:
        UserError: It cannot be fetched.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    patterns = ["*.json", "*.safetensors", "tokenizer.model", "*.jinja"]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"the hub model {name} cannot be fetched: {reason}; or name a local folder") from error
