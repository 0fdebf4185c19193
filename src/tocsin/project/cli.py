"""The `tocsin` command: every group and command it has, in the order of the loop."""

from __future__ import annotations

import click

from tocsin import __version__
from tocsin.project.commands import (
    audit,
    campaigns,
    claims,
    constituency,
    contacts,
    emergency,
    feeds,
    figures,
    findings,
    followup,
    intake,
    notices,
    people,
    policies,
    process,
    registrations,
    surveys,
    token,
    trials,
    upkeep,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tocsin")
def main() -> None:
    """Collect, attribute, warn, and follow until the fix is verified."""


for command in (
    process.process,
    constituency.constituency,
    registrations.registrations,
    contacts.contacts,
    contacts.drills,
    feeds.feeds,
    intake.intake,
    findings.findings,
    notices.notices,
    claims.claims,
    policies.policy,
    policies.own_rules,
    policies.silence,
    emergency.emergency,
    campaigns.campaigns,
    followup.followup,
    surveys.surveys,
    figures.stats,
    figures.snapshot,
    trials.trials,
    people.user,
    token.token,
    audit.audit,
    upkeep.up,
    upkeep.demo,
    upkeep.doctor,
    upkeep.backup,
    upkeep.restore,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
