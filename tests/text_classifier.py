"""A text classifier: the mean of word embeddings, then one hidden layer."""

from torch import Tensor, nn
from torch.nn import functional as F


class TextClassifier(nn.Module):
    """N x length int64 tokens below ``vocabulary``, 0 being padding, to N x ``classes`` logits."""

    def __init__(
        self, vocabulary: int = 1000, classes: int = 10, *, width: int = 32, hidden: int = 64
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=0)
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits of ``tokens``; padding does not count in the mean, an empty text has mean zero."""
        present = (tokens != 0).unsqueeze(-1).float()
        words = present.sum(1).clamp(min=1.0)
        mean = (self.embedding(tokens) * present).sum(1) / words
        return self.fc2(F.relu(self.fc1(mean)))
