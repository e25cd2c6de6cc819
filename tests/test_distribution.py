"""The base class: what a subclass must declare and return, and the signatures of constructors."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist.bases.location_scale import LocationScale
from jaxdist.parameters import Parametric

pytestmark = pytest.mark.fast

KEY = jax.random.key(0)


class Base(jd.Distribution):
    """An abstract class: it has everything but a support, draws and a density."""

    loc: jd.Param = jd.param(jd.constraints.real)


class Point(Base):
    """A distribution whose methods return an array of the shape `returned`."""

    support = jd.constraints.real
    has_rsample = True
    returned = ()

    def _returned(self, *_):
        return jnp.zeros(self.returned)

    _sample = _rsample = _log_prob = _cdf = _log_cdf = _icdf = _returned
    _mean = _variance = _entropy = _returned


class PointInPlane(Point):
    """The same for events of two numbers."""

    support = jd.constraints.real_vector

    @property
    def event_shape(self):
        return (2,)


# --- declarations --------------------------------------------------------------------------------


def test_a_subclass_without_parameters():
    class Coin(jd.Distribution):
        probability: float = 0.5
        support = jd.constraints.boolean

    with pytest.raises(TypeError, match=r"Coin declares no parameters: .*`loc: Param = param\("):
        Coin()


def test_a_subclass_without_a_support():
    with pytest.raises(TypeError, match=r"Base declares no support: .*`support = constraints\."):
        Base(0.0)


def test_a_support_may_be_declared_by_a_subclass_or_a_property():
    class FromLoc(Base):
        @property
        def support(self):
            return jd.constraints.greater_than(self.loc)

        def _log_prob(self, x):
            return self.loc - x

    assert FromLoc(1.0).log_prob(0.5) == -jnp.inf
    assert FromLoc(1.0).log_prob(3.0) == -2


def test_a_subclass_with_rsample_that_does_not_declare_it():
    class Line(Base):
        support = jd.constraints.real

        def _rsample(self, key, shape):
            return self.loc + jnp.zeros(shape)

    with pytest.raises(TypeError, match="Line defines `_rsample`: write `has_rsample = True`"):
        Line(0.0)


def test_abstract_classes_are_distributions():
    for abstract in (jd.Distribution, jd.ExponentialFamily):
        with pytest.raises(TypeError, match="declares no parameters"):
            abstract()
    assert Point(0.0).batch_shape == ()


DECLARED_PROPERTY = property(lambda d: d.loc)
SUPPORT = r"R.support must be a Constraint, such as `constraints.positive`, or an `@property`.*; "
CONSTRAINT = r"R.loc: the constraint must be a Constraint, .*, or a function from the instance.*; "
WRITE_INSTANCE = r"got a class: write an instance, `GreaterThan\(lower_bound\)`"
ANNOTATED = {"loc": "jd.Param", "slope": "jd.Param"}


def formula(d):
    return 1 / d.slope


def optional(otherwise=None, **kwargs):
    return jd.param(jd.constraints.real, otherwise=otherwise, **{"default": None} | kwargs)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"_mean": DECLARED_PROPERTY},
            r"R._mean must be a method, `def _mean\(self\)`; got a property",
        ),
        ({"_sample": DECLARED_PROPERTY}, r"R._sample .* `def _sample\(self, key, shape\)`; got a"),
        ({"log_prob": DECLARED_PROPERTY}, r"R.log_prob .*`def log_prob\(self, value\)`; got a"),
        ({"_mode": 1.0}, r"R._mode must be a method, `def _mode\(self\)`; got 1.0"),
        ({"mean": lambda d: d.loc}, "R.mean must be a property: write `@property` above `def mean"),
        ({"event_shape": lambda d: ()}, "R.event_shape must be a property: write `@property`"),
        ({"support": lambda d: jd.constraints.real}, SUPPORT + "got <function"),
        ({"support": "positive"}, SUPPORT + "got 'positive'"),
        ({"support": None}, SUPPORT + "got None"),
        ({"support": jd.constraints.greater_than}, SUPPORT + WRITE_INSTANCE),
        ({"loc": jd.param("positive")}, CONSTRAINT + "got 'positive'"),
        ({"loc": jd.param(None)}, CONSTRAINT + "got None"),
        ({"loc": jd.param(jd.constraints.greater_than)}, CONSTRAINT + WRITE_INSTANCE),
        ({"slope": jd.param(jd.constraints.real)}, r"R.slope has no type: .*`slope: Param = p"),
        ({"size": jd.static()}, r"R.size has no type: write it.* `size: int = static\("),
        (
            {"__annotations__": {"loc": "jd.Param", "mean": "jd.Param"}}
            | {"mean": jd.param(jd.constraints.real)},
            "R.mean is a property that the class inherits; give the field another name",
        ),
        (
            {"__annotations__": ANNOTATED, "loc": optional(formula), "slope": optional()},
            "R: every alternative parameterization, .* `otherwise=` is given for loc$",
        ),
        (
            {"__annotations__": ANNOTATED, "loc": optional(formula)}
            | {"slope": optional(formula, default=1.0)},
            "R: every alternative parameterization, .* for loc, slope, `default=None` not for each",
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_declarations_that_cannot_work(body, message):
    annotations = {"__annotations__": {"loc": "jd.Param"}}
    with pytest.raises(TypeError, match=message):
        type("R", (Base,), annotations | {"loc": jd.param(jd.constraints.real)} | body)


def test_an_alternative_without_otherwise():
    class R(jd.Distribution):
        scale: jd.Param = optional()
        rate: jd.Param = optional()
        support = jd.constraints.positive

    with pytest.raises(TypeError, match=r"R: parameter 'rate' .* None. Every alternative .*otherw"):
        R(2.0)


def test_functions_that_do_not_return_a_constraint():
    class R(Base):
        support = DECLARED_PROPERTY

    class S(Base):
        slope: jd.Param = jd.param(lambda d: "positive")
        support = jd.constraints.real

    for method in ("log_prob", "cdf", "icdf"):
        with pytest.raises(TypeError, match=r"R.support must be a Constraint, .*; got "):
            getattr(R(0.0), method)(0.5)
    with pytest.raises(TypeError, match=r"S.slope: what .* returns must be a Con.*got 'positive'"):
        S(0.0, 1.0)


@pytest.mark.parametrize("value", [np.ones(2), jnp.ones(2), [1, 2]], ids=lambda v: type(v).__name__)
def test_a_static_field_is_hashable(value):
    class R(Base):
        size: int = jd.static(default=1)
        support = jd.constraints.real

    assert R(0.0, (1, 2)).size == (1, 2)
    with pytest.raises(TypeError, match=r"R.size is declared with `static`.*hashable; got \[1"):
        R(0.0, value)


@pytest.mark.parametrize(("has_rsample", "name"), [(False, "_sample"), (True, "_rsample")])
def test_a_subclass_without_draws(has_rsample, name):
    class Silent(Base):
        support = jd.constraints.real

    Silent.has_rsample = has_rsample
    for draw in (Silent(0.0).sample, Silent(0.0).sample_and_log_prob):
        with pytest.raises(
            NotImplementedError, match=rf"Silent does not define `{name}\(self, key"
        ):
            draw(KEY)


def test_a_subclass_without_a_density():
    class Silent(Base):
        support = jd.constraints.real

    with pytest.raises(NotImplementedError, match=r"Silent does not define `_log_prob\(self, x\)`"):
        Silent(0.0).log_prob(1.0)


# --- shapes --------------------------------------------------------------------------------------


def returning(shape, d):
    """The distribution, with methods that return an array of a shape."""
    return type(d.__class__.__name__, (type(d),), {"returned": shape})(d.loc)


DRAWS = ("sample", "rsample", "sample_and_log_prob", "rsample_and_log_prob")


@pytest.mark.parametrize("method", DRAWS)
@pytest.mark.parametrize("shape", [(), (3,), (5, 1), (3, 5)])
def test_a_draw_of_the_wrong_shape(method, shape):
    d = returning(shape, Point(jnp.zeros(3)))
    with pytest.raises(ValueError, match="Point: a draw has shape") as error:
        getattr(d, method)(KEY, 5)
    assert str(error.value).endswith(
        f"has shape {shape}; expected shape (5, 3). Return an array of the `shape` argument"
    )


def test_a_draw_of_events_of_the_wrong_shape():
    with pytest.raises(
        ValueError, match=r"PointInPlane: a draw .* \(3,\); expected shape \(3, 2\)"
    ):
        returning((3,), PointInPlane(jnp.zeros(3))).sample(KEY)


@pytest.mark.parametrize("method", DRAWS)
@pytest.mark.parametrize("dtype", [bool, complex])
def test_a_draw_of_the_wrong_dtype(method, dtype):
    class R(Point):
        def _rsample(self, key, shape):
            return jnp.zeros(shape, dtype)

        _sample = _rsample

    with pytest.raises(TypeError, match=f"R: draws must be .* integers; got {dtype.__name__}"):
        getattr(R(0.0), method)(KEY)


def test_a_method_that_forgets_to_return():
    class Forgetful(Point):
        def _sample(self, key, shape):
            jnp.zeros(shape)

    with pytest.raises(ValueError, match=r"Forgetful: a draw is None; expected shape \(\)"):
        Forgetful(0.0).sample(KEY)


@pytest.mark.parametrize("shape", [(), (3,), (5, 1), (5, 3, 2)])
def test_a_log_density_of_the_wrong_shape(shape):
    """Summing over a batch, or forgetting to sum over an event, is found."""
    value = jnp.zeros((5, 3, 2))
    d = returning(shape, PointInPlane(jnp.zeros(3)))
    message = r"PointInPlane: what `_log_prob` returns has shape .*; expected shape \(5, 3\)"
    with pytest.raises(ValueError, match=message):
        d.log_prob(value)
    with pytest.raises(ValueError, match=message):
        jax.eval_shape(d.log_prob, value)


def test_a_log_density_of_the_wrong_shape_at_a_draw():
    class Summed(Point):
        def _sample(self, key, shape):
            return jnp.zeros(shape)

        def _log_prob(self, x):
            return jnp.sum(x)

    with pytest.raises(ValueError, match="Summed: what `_log_prob` returns"):
        Summed(jnp.zeros(3)).sample_and_log_prob(KEY)


@pytest.mark.parametrize("method", ["cdf", "log_cdf", "survival_function", "icdf"])
def test_a_cumulative_method_of_the_wrong_shape(method):
    with pytest.raises(ValueError, match=r"Point: what `_.* returns has shape .*shape \(5, 3\)"):
        getattr(returning((5, 1), Point(jnp.zeros(3))), method)(jnp.full((5, 3), 0.5))


@pytest.mark.parametrize("name", ["mean", "variance", "stddev"])
def test_a_moment_of_the_wrong_shape(name):
    assert getattr(returning((), Point(jnp.zeros(3))), name).shape == (3,)
    with pytest.raises(
        ValueError, match=r"Point: what `_.* has shape \(4,\); expected shape \(3,\)"
    ):
        getattr(returning((4,), Point(jnp.zeros(3))), name)


def test_an_entropy_of_the_wrong_shape():
    with pytest.raises(ValueError, match="PointInPlane: what `_entropy` returns"):
        returning((3, 2), PointInPlane(jnp.zeros(3))).entropy()


# --- signatures ----------------------------------------------------------------------------------

PARAMETRIC = [
    value
    for value in (getattr(jd, name) for name in jd.__all__)
    if inspect.isclass(value) and issubclass(value, Parametric)
]


@pytest.mark.parametrize("cls", PARAMETRIC, ids=lambda cls: cls.__name__)
def test_constructors_take_array_likes(cls):
    arguments = inspect.signature(cls).parameters
    assert not any("Param" in str(argument.annotation) for argument in arguments.values())
    assert arguments["validate_args"].annotation == "bool | None"
    for name in cls._parameters.keys() & arguments.keys():
        optional = arguments[name].default is None
        assert arguments[name].annotation == ("ArrayLike | None" if optional else "ArrayLike")


def test_constructors_of_users_take_array_likes_too():
    class Sloped(Base):
        slope: "jd.Param" = jd.param(jd.constraints.real, default=0.0)

    arguments = inspect.signature(Sloped).parameters
    assert [arguments[name].annotation for name in ("loc", "slope")] == ["ArrayLike"] * 2


def test_a_subclass_may_have_a_constructor_of_its_own():
    class Centered(jd.Normal):
        def __init__(self, scale):
            super().__init__(0.0, scale)

    assert Centered(2.0).variance == 4.0


def test_a_constructor_that_assigns_is_an_error_with_advice():
    class Assigning(jd.Normal):
        def __init__(self, scale):
            self.scale = scale

    with pytest.raises(AttributeError, match=r"cannot assign to 'scale'.*super\(\)\.__init__"):
        Assigning(2.0)


def test_a_hook_that_a_base_requires_is_named():
    class Standardless(LocationScale):
        loc: jd.Param = jd.param(jd.constraints.real)
        scale: jd.Param = jd.param(jd.constraints.positive)

    with pytest.raises(NotImplementedError, match="Standardless must define `_standard_log_prob`"):
        Standardless(0.0, 1.0).log_prob(1.0)
