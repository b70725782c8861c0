"""Plug-ins that a study names: brought before anything is looked up, and held against the versions that it gives."""

from collections.abc import Iterable, Iterator, Mapping

from longplay.inference import PROVIDERS
from longplay.judging import METRICS
from longplay.plugged import Found, canonical, find
from longplay.policies import POLICIES
from longplay.probes import PROBES, metrics_for
from longplay.specs import Study, StudyError, plain


def bring(study: Study) -> tuple[Found, ...]:
    """Import every plug-in that the study names, where that is allowed; where each is from.

    Raises PluginError for the first that is not allowed or cannot be had. Names that nobody knows are left to others.
    """
    asked = study.dialogues, study.conditioning, study.judging
    found = [POLICIES.bring(name) for name in (asked[0].policy, *asked[1].policies)]
    found += [PROVIDERS.bring(spec.provider) for _, spec in study.roles]
    found += [PROBES.bring(spec.name) for spec in study.probes or () if not spec.is_own]
    found += [METRICS.bring(name) for name in (*asked[2].rounds, *_of_probes(study))]
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _of_probes(study: Study) -> Iterator[str]:
    for spec in study.probes or ():
        yield from metrics_for(study, spec.name)


def versions(found: Iterable[Found], asked: Mapping[str, str], where: str) -> dict[str, str]:
    """The packages of these with their versions, and what the study asks for by itself ([plugins]).

    Raises StudyError where it asks for a version that is not the one that is here.
    """
    here = {canonical(one.package): one.version for one in found}
    for package, version in asked.items():
        installed = here.get(canonical(package)) or _installed(package)
        if installed != version:
            have = f"{installed} is installed" if installed else "no such package brings plug-ins here"
            name, wanted = plain(package, 60), plain(version, 60)
            raise StudyError(
                f"{where}: [plugins] the study asks for {name} {wanted}, and {have}. Install {name}=={wanted}, or "
                "change the line."
            )
        here.setdefault(canonical(package), version)
    return here


def _installed(package: str) -> str | None:
    return next((one.version for one in find() if canonical(one.package) == canonical(package)), None)
