import { describe, expect, test } from 'vitest'
import type { DataSourceInfo } from '../../api/system.ts'
import { NEW_SOURCE, draftOf, formOf, isKept, urlFault } from './source-draft.ts'

describe('DS7 the form of a data source', () => {
  test('[DS7] a new one: what is set is sent, what is empty is not', () => {
    expect(draftOf({ ...NEW_SOURCE, kind: 'Mimir', name: ' Far ', url: 'http://far/prometheus/', auth: 'bearer', token: 'abc', tenant: 't7', timeout: '60' }, undefined)).toEqual({
      name: 'Far', type: 'prometheus', access: 'proxy', url: 'http://far/prometheus', basicAuth: false, basicAuthUser: '', isDefault: false,
      jsonData: { httpMethod: 'POST', prometheusType: 'Mimir', timeout: 60, httpHeaderName1: 'Authorization', httpHeaderName2: 'X-Scope-OrgID' }, secureJsonData: { httpHeaderValue1: 'Bearer abc', httpHeaderValue2: 't7' },
    })
    expect(draftOf({ ...NEW_SOURCE, name: 'A', url: 'http://a', auth: 'basic', user: 'kim', password: 'pw' }, undefined)).toMatchObject({ basicAuth: true, basicAuthUser: 'kim', secureJsonData: { basicAuthPassword: 'pw' } })
  })
  const old: DataSourceInfo = {
    uid: 'u', name: 'Old', type: 'prometheus', url: 'http://old', isDefault: true, basicAuth: true, basicAuthUser: 'kim',
    jsonData: { httpMethod: 'GET', manageAlerts: false, httpHeaderName1: 'X-Other', httpHeaderName2: 'x-scope-orgid', timeout: 9 }, secureJsonFields: { basicAuthPassword: true, httpHeaderValue1: true, httpHeaderValue2: true },
  }
  test('[DS7] one that there is: kept secrets stay unless written anew, members that the form does not know stay', () => {
    const form = formOf(old)
    expect(form).toMatchObject({ name: 'Old', auth: 'basic', user: 'kim', password: '', method: 'GET', timeout: '9', isDefault: true })
    expect([isKept(old, 'password'), isKept(old, 'tenant'), isKept(old, 'token')]).toEqual([true, true, false])
    expect(draftOf(form, old)).toMatchObject({ uid: 'u', jsonData: { manageAlerts: false, httpHeaderName1: 'X-Other', httpHeaderName2: 'X-Scope-OrgID' }, secureJsonData: {} })
    expect(draftOf({ ...form, auth: 'none' }, old)).toMatchObject({ basicAuth: false, basicAuthUser: '', secureJsonData: { basicAuthPassword: '' } })
    expect(draftOf({ ...form, auth: 'bearer', token: 't' }, old)).toMatchObject({ jsonData: { httpHeaderName3: 'Authorization' }, secureJsonData: { basicAuthPassword: '', httpHeaderValue3: 'Bearer t' } })
  })
  test.each([['', 'urlMissing'], ['far:9090', 'urlMissing'], ['ftp://x', 'urlMissing'], ['http://a:b@x', 'urlPassword'], [' http://x:9090 ', undefined]])('[DS7] the URL %j: %s', (url, fault) => expect(urlFault(url)).toBe(fault))
})
