"""Files that organizations give as proof."""

from __future__ import annotations

from django.db import models

from tocsin.base.identifiers import uuid7


class Proof(models.Model):
    """A file that an organization gave with its answer, kept under its hash; who may see the organization may fetch it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey("constituency.Organization", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    added_by = models.CharField(max_length=254)
    added_at = models.DateTimeField()
    findings = models.ManyToManyField("findings.Finding", related_name="+")

    class Meta:
        indexes = [models.Index(fields=["organization", "-id"], name="proofs_of_an_organization")]

    def __str__(self) -> str:
        return self.name
