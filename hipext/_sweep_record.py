"""What a sweep is made of: from its file to a job, to a record, and back to a job."""

from collections.abc import Mapping

from hipext._job import Job
from hipext._varied import read_varied
from hipext._who import people_from, people_named, people_values
from hipext.designs import design_of
from hipext.plan_file import check_plan, read_plan
from hipext.sweep_file import SweepSpec


def job_of(spec: SweepSpec) -> Job:
    """Return what a sweep file asks for, with the values of the files it names."""
    design = design_of(spec.design.kind, spec.vary, spec.design.n, spec.seed)
    return Job(
        plan=read_plan(spec.plan),
        people=people_named(spec.athlete, spec.population),
        persons=spec.persons,
        seed=spec.seed,
        noise=spec.noise,
        keeps_weeks=spec.weeks,
        design=design,
    )


def job_again(record: Mapping[str, object]) -> Job:
    """Return what a record asks for; no other file is needed."""
    asked = record["sweep"]
    vary, _ = read_varied(asked["vary"], source="the record")
    kind, n = asked["design"]["kind"], asked["design"].get("n")
    return Job(
        plan=check_plan(record["plan"], source="the plan of the record"),
        people=people_from(record),
        persons=asked["persons"],
        seed=asked["seed"],
        noise=asked["noise"],
        keeps_weeks=asked["weeks"],
        design=design_of(kind, vary, n, asked["seed"]),
    )


def inputs_of_sweep(spec: SweepSpec, job: Job) -> dict[str, object]:
    """Return everything a sweep is made of, as values of JSON without paths."""
    files = {"plan", "athlete", "population"}
    return {
        "sweep": spec.model_dump(mode="json", exclude=files),
        "plan": job.plan.model_dump(mode="json", exclude_unset=True),
        **people_values(job.people),
    }


def scenario_columns(job: Job) -> dict[str, object]:
    """Return the columns of the table of scenarios: its number and what it changes."""
    columns = {name: column.to_numpy() for name, column in job.design.items()}
    return {"scenario": job.design.index.to_numpy("int32"), **columns}
